using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>The one request and the one answer of a call. The answer goes out when the call ends, which decides what it is.</summary>
internal sealed class PingPongServerStream<TArguments, TResult>(PingPongAnswer answer, MessageLimits limits) : ServerTransportStream<TArguments, TResult>
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    private TArguments? _arguments;
    private bool _received;

    internal override TArguments Current => _arguments ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => (int)answer.Request.Body.Length;

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_received)
        {
            return new(false);
        }

        _received = true;
        try
        {
            _arguments = limits.Decode<TArguments>(answer.Request.Body, answer.Request.Codec.Protocol, cancellationToken);
        }
        catch (ThriftProtocolException error) when (!error.IsOverLimit)
        {
            answer.Request.IsMalformed = true;
            throw;
        }

        return new(true);
    }

    internal override ValueTask<int> SendAsync(TResult message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        try
        {
            return new(answer.SetResult(message));
        }
        catch (ThriftProtocolException error)
        {
            throw ThriftProtocolException.UnsentResponse(error);
        }
    }
}
