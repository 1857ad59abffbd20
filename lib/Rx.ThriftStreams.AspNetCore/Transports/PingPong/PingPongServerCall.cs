using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>One ping-pong call on the server.</summary>
internal sealed class PingPongServerCall(PingPongServerConnection connection, PingPongRequest request, string serviceName) : ServerTransportCall, IDisposable
{
    internal PingPongRequest Request { get; } = request;

    /// <summary>What the arguments may take.</summary>
    internal MessageLimits Limits => connection.MessageLimits;

    /// <summary>The result's struct, once the handler has given one.</summary>
    internal ThriftWriteBuffer Result { get; } = new();

    /// <summary>Whether the arguments do not decode: then the caller's bytes cannot be trusted any further.</summary>
    internal bool HasBadRequest { get; set; }

    internal override string Transport => Request.Form.Name;

    internal override string Peer => connection.Peer;

    internal override string CallerService => Request.CallerService;

    internal override ThriftMetadata RequestHeaders => Request.Headers;

    internal override ThriftMetaInfo MetaInfo => Request.MetaInfo;

    internal override TimeSpan? Timeout => Request.Timeout;

    internal override CancellationToken Aborted => connection.Aborted;

    internal override ThriftException AbortReason => new ThriftTransportException(ThriftStatusCode.Cancelled, "The connection to the caller was lost.");

    internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        => new PingPongServerStream<TRequest, TResponse>(this);

    /// <summary>An answer is one message: its headers go out with it.</summary>
    internal override ValueTask SendHeadersAsync(ThriftMetadata headers) => default;

    internal override ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers)
    {
        var answer = new PingPongAnswer(Request);
        var end = KitexAnswer.Of(outcome, KitexProtocol.PingPong, $"{serviceName}.{Request.Method}", HasBadRequest);
        if (HasBadRequest && outcome.Error is ThriftProtocolException)
        {
            answer.SetError(end);
            return connection.AnswerAsync(answer, close: true);
        }

        answer.AddPairs(MetaInfo.BackwardValues);
        answer.AddPairs(headers);
        if (end.Status == ThriftStatusCode.OK)
        {
            answer.SetResult(Result.WrittenSpan);
        }
        else
        {
            answer.SetError(end);
        }

        return connection.AnswerAsync(answer, close: false);
    }

    public void Dispose() => Result.Dispose();
}
