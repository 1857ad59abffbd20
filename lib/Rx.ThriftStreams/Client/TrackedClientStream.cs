using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>Decorates a transport stream: reports its first response and its end to its endpoint.</summary>
internal sealed class TrackedClientStream<TRequest, TResponse> : DelegatingClientStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ChannelEndpoint _endpoint;
    private readonly TimeProvider _clock;
    private readonly long _startedAt;
    private readonly bool _measures;
    private bool _hasResponded;
    private int _ended;

    /// <param name="inner">The stream.</param>
    /// <param name="endpoint">Its endpoint, which has counted it.</param>
    /// <param name="method">The method.</param>
    /// <param name="clock">The clock of the latency.</param>
    /// <param name="startedAt">When creating it began.</param>
    internal TrackedClientStream(ClientTransportStream<TRequest, TResponse> inner, ChannelEndpoint endpoint, ThriftMethod method, TimeProvider clock, long startedAt)
        : base(inner)
    {
        _endpoint = endpoint;
        _clock = clock;
        _startedAt = startedAt;

        // How soon a method responds that takes a stream depends on what the caller sends.
        _measures = !method.TakesStream && !method.IsOneway;
    }

    internal override ValueTask<bool> ReceiveAsync()
    {
        ValueTask<bool> receive;
        try
        {
            receive = Inner.ReceiveAsync();
        }
        catch (Exception error)
        {
            Failed(error);
            throw;
        }

        if (!receive.IsCompletedSuccessfully)
        {
            return AwaitReceiveAsync(receive);
        }

        var received = receive.Result;
        Received(received);
        return new(received);
    }

    internal override void Abort(Exception reason)
    {
        Inner.Abort(reason);
        if (End() && !_hasResponded && reason is ThriftTimeoutException)
        {
            _endpoint.Ejection?.Failed(_endpoint.Candidate);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            End();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReceiveAsync(ValueTask<bool> receive)
    {
        bool received;
        try
        {
            received = await receive.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Failed(error);
            throw;
        }

        Received(received);
        return received;
    }

    private void Received(bool received)
    {
        if (!_hasResponded)
        {
            _hasResponded = true;
            if (_measures)
            {
                _endpoint.Candidate.ObserveLatency(_clock.GetElapsedTime(_startedAt));
            }

            _endpoint.Ejection?.Responded(_endpoint.Candidate);
        }

        if (!received)
        {
            End();
        }
    }

    /// <summary>The call ended with an error. What its caller or the handler caused says nothing about the endpoint.</summary>
    private void Failed(Exception error)
    {
        if (End() && error is ThriftException and not ThriftBizStatusException and
            {
                StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.Internal or ThriftStatusCode.Unknown or ThriftStatusCode.DataLoss,
            })
        {
            _endpoint.Ejection?.Failed(_endpoint.Candidate);
        }
    }

    /// <summary>Ends the stream. Returns whether it had not ended yet.</summary>
    private bool End()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        _endpoint.Exit();
        return true;
    }
}
