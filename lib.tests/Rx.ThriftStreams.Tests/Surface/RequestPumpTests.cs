using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What moves requests into a call: one, or all of a source, with the errors of either.</summary>
public sealed class RequestPumpTests
{
    private static readonly ThriftStatusException s_ended = new(ThriftStatusCode.NotFound, "ended");

    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ScriptedCall _scripted = ScriptedCall.Begin();
    private int _produced;

    private ScriptedTransport Transport => _scripted.Transport;

    [Fact]
    public async Task Pump_SourceEnds_CompletesTheRequests()
    {
        RequestPump.Start(_scripted.Call, Source(3));

        await _disposed.Task.Soon();
        await Until(() => Transport.Completions == 1);
        Assert.Equal((3, false), (Transport.Sends, _scripted.Call.IsOver));
    }

    [Fact]
    public async Task Pump_SourceFails_AbortsTheCallWithThatError()
    {
        var error = new FormatException("of the source");

        RequestPump.Start(_scripted.Call, Source(2, error));

        await Until(() => _scripted.Call.IsOver);
        Assert.Equal((2, 0), (Transport.Sends, Transport.Completions));
        Assert.Equal((error, error), (_scripted.Call.EndError, Transport.AbortReason));
    }

    [Fact]
    public async Task Pump_SourceIsCancelledThoughTheCallRuns_IsAnErrorOfTheSource()
    {
        RequestPump.Start(_scripted.Call, Source(0, new OperationCanceledException("of its own")));

        await Until(() => _scripted.Call.IsOver);
        Assert.Equal("of its own", Assert.IsType<OperationCanceledException>(_scripted.Call.EndError).Message);
    }

    [Fact]
    public async Task Pump_CallEndsWhileTheSourceWaits_StopsItAndChangesNothing()
    {
        RequestPump.Start(_scripted.Call, Endless(waits: true));
        await Until(() => Transport.Sends == 1);

        _scripted.Call.End(null);

        await _disposed.Task.Soon();
        Assert.Equal((ThriftStatus.Success, 0, 0), (_scripted.Call.Status, Transport.Completions, Transport.Aborts));
    }

    [Fact]
    public async Task Pump_ServerEndsTheCall_StopsTheSourceAndLeavesTheErrorToTheReceiver()
    {
        Transport.OnSend = () => Transport.Sends == 3 ? Task.FromException(s_ended) : Task.CompletedTask;

        RequestPump.Start(_scripted.Call, Endless(waits: false));

        await _disposed.Task.Soon();
        Assert.Equal((3, 3, 0), (Transport.Sends, _produced, Transport.Completions));
        Assert.Equal((false, 0), (_scripted.Call.IsOver, Transport.Aborts));
    }

    [Fact]
    public async Task Pump_MessageThatCannotBeEncoded_AbortsTheCall()
    {
        var error = new ThriftProtocolException("cannot be encoded");
        Transport.OnSend = () => Task.FromException(error);

        RequestPump.Start(_scripted.Call, Endless(waits: false));

        await Until(() => _scripted.Call.IsOver);
        await _disposed.Task.Soon();
        Assert.Equal((error, error), (_scripted.Call.EndError, Transport.AbortReason));
    }

    [Fact]
    public async Task Pump_DroppingSource_ReportsToTheObservationIfThereIsOne()
    {
        using var watch = new CallWatch(ThriftCallSide.Client, new EventHub(NullLogger.Instance), NullLogger.Instance, new FakeTimeProvider(), new(), new(NullLogger.Instance, new FakeTimeProvider()));
        using var meter = new Measurements();
        var observation = watch.TryStart(ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), "scripted", string.Empty)!;
        var observed = ScriptedCall.Begin(observation: observation);
        var (watched, unwatched) = (new DroppingSource(), new DroppingSource());

        RequestPump.Start(observed.Call, watched);
        RequestPump.Start(_scripted.Call, unwatched);

        await Until(() => observed.Transport.Completions + Transport.Completions == 2);
        Assert.Equal((observation, null), (watched.Listener, unwatched.Listener));
        observed.Call.End(null);
    }

    [Fact]
    public async Task Single_Request_IsSentAndCompleted()
    {
        await SingleRequest.SendAsync(_scripted.Call, Ask("x")).Soon();

        Assert.Equal((1, 1, false), (Transport.Sends, Transport.Completions, _scripted.Call.IsOver));
    }

    [Fact]
    public async Task Single_CallIsOver_SendsNothing()
    {
        _scripted.Call.End(s_ended);

        await SingleRequest.SendAsync(_scripted.Call, Ask("x")).Soon();

        Assert.Equal((0, 0), (Transport.Sends, Transport.Completions));
    }

    [Fact]
    public async Task Single_ServerEndsTheCall_LeavesTheErrorToTheReceiver()
    {
        Transport.OnSend = static () => Task.FromException(s_ended);

        await SingleRequest.SendAsync(_scripted.Call, Ask("x")).Soon();

        Assert.Equal((false, 0, 0), (_scripted.Call.IsOver, Transport.Aborts, Transport.Completions));
    }

    [Fact]
    public async Task Single_CannotBeEncoded_AbortsTheCallAndThrows()
    {
        var error = new ThriftProtocolException("cannot be encoded");
        Transport.OnSend = () => Task.FromException(error);

        Assert.Same(error, await Assert.ThrowsAsync<ThriftProtocolException>(() => SingleRequest.SendAsync(_scripted.Call, Ask("x")).Soon()));

        Assert.Equal((error, error), (_scripted.Call.EndError, Transport.AbortReason));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Single_WithASendTimeout_HasATimerOnlyWhileItWaits(bool waits)
    {
        var clock = new CountingClock();
        var scripted = ScriptedCall.Begin(ThriftStreamingMode.Unary, new() { SendTimeout = TimeSpan.FromSeconds(2) }, clock);
        var room = scripted.Transport.Hold();
        scripted.Transport.OnSend = waits ? () => room.Task : null;

        var send = SingleRequest.SendAsync(scripted.Call, Ask("x")).AsTask();
        Assert.Equal((waits ? 1 : 0, !waits), (clock.Running, send.IsCompleted));
        clock.Advance(TimeSpan.FromSeconds(1));
        room.TrySetResult();
        await send.Soon();

        Assert.Equal((0, 1), (clock.Running, scripted.Transport.Completions));
    }

    private async IAsyncEnumerable<Request> Source(int count, Exception? error = null)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                await Task.Yield();
                yield return Ask($"{i}");
            }

            if (error is not null)
            {
                throw error;
            }
        }
        finally
        {
            _disposed.TrySetResult();
        }
    }

    private async IAsyncEnumerable<Request> Endless(bool waits, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            while (true)
            {
                _produced++;
                yield return Ask("x");
                if (waits)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                }
            }
        }
        finally
        {
            _disposed.TrySetResult();
        }
    }

    /// <summary>An empty source that may drop.</summary>
    private sealed class DroppingSource : IAsyncEnumerable<Request>, IAsyncEnumerator<Request>, IDroppingSource
    {
        public IDropListener? Listener { get; private set; }

        public Request Current => throw new NotSupportedException();

        public IAsyncEnumerator<Request> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(false);

        public ValueTask DisposeAsync() => default;

        public void ReportTo(IDropListener listener) => Listener = listener;
    }
}
