using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>Decorates a transport stream: reports its first response and its end to its endpoint, and to breakers that count calls.</summary>
internal sealed class TrackedClientStream<TRequest, TResponse> : DelegatingClientStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ChannelEndpoint _endpoint;
    private readonly bool _isCounted;
    private readonly CircuitBreaker? _methodBreaker;
    private readonly CircuitBreaker? _endpointBreaker;
    private readonly TimeProvider _clock;
    private readonly long _startedAt;
    private readonly bool _measures;
    private bool _hasResponded;
    private int _ended;

    /// <param name="inner">The stream.</param>
    /// <param name="request">What was created.</param>
    /// <param name="methodBreaker">The breaker of the method if it counts calls.</param>
    /// <param name="clock">The clock of the latency.</param>
    internal TrackedClientStream(ClientTransportStream<TRequest, TResponse> inner, ConnectRequest request, CircuitBreaker? methodBreaker, TimeProvider clock)
        : base(inner)
    {
        _endpoint = request.Endpoint!;
        _isCounted = request.IsCounted;
        _methodBreaker = methodBreaker;
        _endpointBreaker = request.EndpointBreaker;
        _clock = clock;
        _startedAt = request.StartedAt;

        // How soon a method responds that takes a stream depends on what the caller sends.
        _measures = _isCounted && !request.Method.TakesStream && !request.Method.IsOneway;
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
        End(_hasResponded ? StreamResult.Good : reason is ThriftTimeoutException ? StreamResult.Bad : StreamResult.Unknown, reason);
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            End(_hasResponded ? StreamResult.Good : StreamResult.Unknown);
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
            _methodBreaker?.Responded();
            _endpointBreaker?.Responded();
        }

        if (!received)
        {
            End(StreamResult.Good);
        }
    }

    /// <summary>The call ended with an error. What its caller or the handler caused says nothing about the endpoint.</summary>
    private void Failed(Exception error) => End(error switch
    {
        ThriftBizStatusException => StreamResult.Good,
        ThriftException { StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.Internal or ThriftStatusCode.Unknown or ThriftStatusCode.DataLoss } => StreamResult.Bad,
        ThriftException => StreamResult.Good,
        _ => StreamResult.Unknown,
    }, error);

    /// <summary>Ends the stream. Only the first call has an effect.</summary>
    private void End(StreamResult result, Exception? error = null)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        if (_isCounted)
        {
            _endpoint.Exit();
        }

        if (result == StreamResult.Bad)
        {
            _endpoint.Ejection?.Failed(_endpoint.Candidate);
        }

        Report(_methodBreaker, result, error);
        Report(_endpointBreaker, result, error);
    }

    private static void Report(CircuitBreaker? breaker, StreamResult result, Exception? error)
    {
        switch (result)
        {
            case StreamResult.Good:
                breaker?.Succeeded();
                break;
            case StreamResult.Bad:
                breaker?.Failed(error);
                break;
            default:
                breaker?.Ignored();
                break;
        }
    }

    private enum StreamResult
    {
        /// <summary>The server served it.</summary>
        Good,

        /// <summary>The server or the connection failed.</summary>
        Bad,

        /// <summary>The caller gave up before the server responded.</summary>
        Unknown,
    }
}
