using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>The one request and the one answer of a call. The answer goes out when the call ends, which decides what it is.</summary>
internal sealed class PingPongServerStream<TArguments, TResult>(PingPongServerCall call) : ServerTransportStream<TArguments, TResult>
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    private TArguments? _arguments;
    private bool _received;

    internal override TArguments Current => _arguments ?? throw new InvalidOperationException("Nothing has been received.");

    internal override int CurrentSize => (int)call.Request.Body.Length;

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
            _arguments = call.Limits.Decode<TArguments>(call.Request.Body, cancellationToken);
        }
        catch (ThriftProtocolException error) when (!error.IsOverLimit)
        {
            call.HasBadRequest = true;
            throw;
        }

        return new(true);
    }

    internal override ValueTask<int> SendAsync(TResult message, ThriftMetadata headers, bool more, CancellationToken cancellationToken)
    {
        call.Result.Reset();
        ThriftSerializer.Serialize(message, call.Result);
        return new(call.Result.Length);
    }
}
