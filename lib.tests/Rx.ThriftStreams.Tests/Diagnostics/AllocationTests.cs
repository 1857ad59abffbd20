using System.Diagnostics.Metrics;
using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>What watching costs, over a transport that itself allocates nothing.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class AllocationTests
{
    private const int Messages = 1000;

    private static readonly ThriftMethod<Request, Response> Method = new("echo", "TestService", "Echo", ThriftStreamingMode.Bidirectional);

    [Fact]
    public async Task Messages_NobodyListens_PassUnwatchedAndAllocateNothing()
    {
        await using var channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", new ThriftChannelOptions());
        await using var call = await channel.OpenAsync(Method, null, channel.Defaults, CancellationToken.None);

        Assert.Null(call.Observation);
        Assert.Equal(0, MeasureMessages(call));
    }

    [Fact]
    public async Task Messages_AnObserverListens_AllocateNothing()
    {
        await using var channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", new ThriftChannelOptions());
        var counter = new Counter();
        using var subscription = channel.Events.Subscribe(counter);
        await using var call = await channel.OpenAsync(Method, null, channel.Defaults, CancellationToken.None);

        Assert.Equal(0, MeasureMessages(call));
        Assert.True(counter.Events > 2 * Messages);
    }

    [Fact]
    public async Task Messages_AMeterListens_AllocateNothing()
    {
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, all) =>
        {
            if (instrument.Meter.Name == ThriftDiagnostics.MeterName)
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        await using var channel = ThriftChannel.ForTransport(new InstantTransport(), "instant", new ThriftChannelOptions());
        await using var call = await channel.OpenAsync(Method, null, channel.Defaults, CancellationToken.None);

        Assert.NotNull(call.Observation);
        Assert.Equal(0, MeasureMessages(call));
    }

    /// <summary>The log at Information is not a listener: its entries are those of calls that something else observes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_NobodyListens_AreNotWatched(bool isInformationLogged)
    {
        using var log = new LogCollector();
        var logger = isInformationLogged ? log.CreateLogger("Rx.ThriftStreams.Server") : NullLogger.Instance;
        using var watch = new CallWatch(ThriftCallSide.Server, new EventHub(logger), logger, TimeProvider.System, new(), new(logger, TimeProvider.System));

        Assert.Null(watch.TryStart(Method, "test", string.Empty));
        await Task.CompletedTask;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Messages; i++)
        {
            watch.TryStart(Method, "test", string.Empty);
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
            if (!call.Requests.SendAsync(request, CancellationToken.None).AsTask().IsCompletedSuccessfully || !call.Responses.MoveNextAsync().AsTask().IsCompletedSuccessfully)
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
}
