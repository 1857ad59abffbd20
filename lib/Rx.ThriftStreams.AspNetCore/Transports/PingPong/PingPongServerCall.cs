using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>One ping-pong call on the server.</summary>
internal sealed class PingPongServerCall(IPingPongPeer peer, PingPongRequest request, string serviceName) : ServerTransportCall, IDisposable
{
    private readonly PingPongAnswer _answer = new(request);

    /// <summary>Whether an answer was sent.</summary>
    internal bool IsComplete { get; private set; }

    internal PingPongRequest Request { get; } = request;

    internal override string Transport => Request.Form.Name;

    internal override string Peer => peer.Address;

    internal override ThriftServerConnection Connection => peer.Connection;

    internal override bool IsOverConnectionLimit => peer.Connection.IsOverLimit;

    internal override string? Host => Request.Host;

    internal override string CallerService => Request.CallerService;

    internal override ThriftMetadata RequestHeaders => Request.ReceivedHeaders;

    internal override ThriftMetaInfo MetaInfo => Request.MetaInfo;

    internal override TimeSpan? Timeout => Request.Timeout;

    internal override CancellationToken Aborted => Request.Cancellation?.Token ?? peer.Aborted;

    internal override ThriftException AbortReason => Request.IsGivenUp ? base.AbortReason : peer.AbortReason;

    internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        => new PingPongServerStream<TRequest, TResponse>(_answer, peer.MessageLimits);

    /// <summary>An answer is one message: its headers go out with it.</summary>
    internal override ValueTask SendHeadersAsync(ThriftMetadata headers) => default;

    internal override ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers)
    {
        IsComplete = true;
        var end = KitexAnswer.Of(outcome, KitexProtocol.PingPong, $"{serviceName}.{Request.Method}", Request.IsMalformed);
        if (Request.IsMalformed && outcome.Error is ThriftProtocolException)
        {
            _answer.SetError(end);
            return peer.AnswerAsync(_answer, close: true);
        }

        _answer.AddPairs(Request.BackwardValues);
        _answer.AddPairs(headers);
        if (end.Status != ThriftStatusCode.OK)
        {
            _answer.SetError(end);
        }
        else if (!_answer.IsSet)
        {
            _answer.SetEmptyResult();
        }

        return peer.AnswerAsync(_answer, close: false);
    }

    public void Dispose() => _answer.Dispose();
}
