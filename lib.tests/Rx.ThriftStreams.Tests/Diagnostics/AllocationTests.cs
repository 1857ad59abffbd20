using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Streams;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>What watching costs, over a transport that itself allocates nothing.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class AllocationTests
{
    private const int Messages = 1000;

    private static readonly ThriftMethod<Request, Response> Method = new("echo", "TestService", "Echo", StreamingMode.Bidirectional);

    [Fact]
    public async Task Messages_NobodyListens_PassUnwatchedAndAllocateNothing()
    {
        await using var channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", new ThriftChannelOptions());
        await using var call = await channel.OpenAsync(Method, default, CancellationToken.None);

        Assert.Null(call.Observation);
        Assert.Equal(0, MeasureMessages(call));
    }

    [Fact]
    public async Task Messages_AnObserverListens_AllocateNothing()
    {
        await using var channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", new ThriftChannelOptions());
        var counter = new Counter();
        using var subscription = channel.Events.Subscribe(counter);
        await using var call = await channel.OpenAsync(Method, default, CancellationToken.None);

        Assert.Equal(0, MeasureMessages(call));
        Assert.True(counter.Events > 2 * Messages);
    }

    [Fact]
    public async Task Calls_NobodyListens_AreNotWatched()
    {
        var logger = NullLogger.Instance;
        var hub = new EventHub(logger);

        Assert.False(CallObservation.IsWanted(hub, logger, ThriftCallSide.Client));
        await Task.CompletedTask;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Messages; i++)
        {
            CallObservation.IsWanted(hub, logger, ThriftCallSide.Server);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Bytes that this thread allocated for sending and receiving. Synchronous, as all of it is.</summary>
    private static long MeasureMessages(ClientCall<Request, Response> call)
    {
        var request = new Request();
        Run(call, request);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(call, request);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Run(ClientCall<Request, Response> call, Request request)
    {
        for (var i = 0; i < Messages; i++)
        {
            if (!call.SendAsync(request, CancellationToken.None).AsTask().IsCompletedSuccessfully || !call.MoveNextAsync().AsTask().IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("The instant transport waited.");
            }
        }
    }

    private sealed class Counter : IObserver<ThriftStreamEvent>
    {
        internal int Events { get; private set; }

        public void OnNext(ThriftStreamEvent value) => Events++;

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    private sealed class InstantTransport : ClientTransport
    {
        internal override ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method,
            ClientCallStart start,
            CancellationToken cancellationToken) => new(new InstantStream<TRequest, TResponse>());

        public override ValueTask DisposeAsync() => default;
    }

    private sealed class InstantStream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        internal override string Peer => "instant:1";

        internal override TResponse Current { get; } = ThriftSerializer.Deserialize<TResponse>([0]);

        internal override int CurrentSize => 1;

        internal override Task<ThriftMetadata> Headers { get; } = Task.FromResult(ThriftMetadata.Empty);

        internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

        internal override ValueTask<int> SendAsync(TRequest message) => new(1);

        internal override ValueTask CompleteAsync() => default;

        internal override ValueTask<bool> ReceiveAsync() => new(true);

        internal override void Abort(Exception reason)
        {
        }

        public override ValueTask DisposeAsync() => default;
    }
}
