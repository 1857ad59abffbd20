using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Slow consumers in the log, with their peers, and in the span of their call.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class SlowConsumerLogTests : IDisposable
{
    private static readonly ThriftMethod<Request, Response> Method = new("test", nameof(SlowConsumerLogTests), "Echo", ThriftStreamingMode.Bidirectional);

    private readonly FakeTimeProvider _clock = new();
    private readonly LogCollector _log = new();
    private readonly EventHub _hub = new(NullLogger.Instance);
    private readonly EntryLimits _entries;
    private readonly CallWatch _watch;

    public SlowConsumerLogTests()
    {
        var logger = _log.CreateLogger("Rx.ThriftStreams.Server");
        _entries = new(logger, _clock);
        _watch = new(ThriftCallSide.Server, _hub, logger, _clock, new(), _entries);
        _hub.Subscribe(new EventCollector());
    }

    public void Dispose()
    {
        _watch.Dispose();
        _entries.Dispose();
        _log.Dispose();
    }

    [Fact]
    public void Episodes_AreLoggedAtInformation_WithThePeer()
    {
        var call = Start("10.1.2.3:40000");

        Pause(call);
        call.Received(1);
        Advance();
        call.Receives();
        call.Dropped(1, isFirst: true);
        call.Dropped(2, isFirst: false);

        Assert.Equal([27, 28, 27, 28, 29], _log.Entries.Select(static entry => entry.Id));
        Assert.All(_log.Entries, static entry => Assert.Equal(LogLevel.Information, entry.Level));
        Assert.All(_log.Entries, static entry => Assert.Contains("peer 10.1.2.3:40000", entry.Text, StringComparison.Ordinal));
        Assert.StartsWith("Sending of the Server call of test.SlowConsumerLogTests/Echo is paused", _log.Entries[0].Text, StringComparison.Ordinal);
        Assert.StartsWith("Receiving of", _log.Entries[2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyPeers_AreCountedBeyondTheLimit()
    {
        var calls = Enumerable.Range(0, EntryLimits.PerMinute + 5).Select(peer => Start($"10.1.2.3:{peer + 1}")).ToList();

        calls.ForEach(static call => call.SendWaits());
        Advance();
        calls.ForEach(static call => call.SendWaited(0));
        calls.ForEach(static call => call.Dropped(1, isFirst: true));

        Assert.All([27, 28, 29], id => Assert.Equal(EntryLimits.PerMinute, _log.Entries.Count(entry => entry.Id == id)));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            [27, 28, 29],
            _log.Entries.Where(static entry => entry.Id == 13).Select(static entry => entry.Text).Order(StringComparer.Ordinal)
                .Select(static text => Enumerable.Range(27, 3).Single(id => text == $"Entries with the id {id} that were not logged within a minute: 5.")));
    }

    [Fact]
    public void Entries_ThatWereNotLogged_AreCountedAtTheEnd()
    {
        for (var i = 0; i <= EntryLimits.PerMinute; i++)
        {
            Start("10.1.2.3:1").Dropped(1, isFirst: true);
        }

        _entries.Dispose();

        Assert.Equal("Entries with the id 29 that were not logged within a minute: 1.", Assert.Single(_log.Entries, static entry => entry.Id == 13).Text);
    }

    [Fact]
    public void Pauses_AreEventsOfTheSpan_UpToANumber()
    {
        using var listener = new RecordingListener();
        var call = Start("10.1.2.3:40000");

        call.Received(1);
        Advance();
        call.Receives();
        for (var i = 0; i < CallObservation.MaxPauseEvents + 5; i++)
        {
            Pause(call);
        }

        var events = call.Activity!.Events.ToList();
        Assert.Equal(CallObservation.MaxPauseEvents, events.Count);
        Assert.Equal("thriftstreams.receive.paused", events[0].Name);
        Assert.All(events.Skip(1), static e => Assert.Equal("thriftstreams.send.paused", e.Name));
        Assert.True(events[^1].Timestamp > events[0].Timestamp && events[^1].Timestamp <= _clock.GetUtcNow());
    }

    private CallObservation Start(string peer)
    {
        var call = _watch.TryStart(Method, "test", peer)!;
        call.Connected(new Queue());
        return call;
    }

    private void Pause(CallObservation call)
    {
        var since = call.SendWaits();
        Advance();
        call.SendWaited(since);
    }

    /// <summary>Longer than a pause may last without being reported.</summary>
    private void Advance()
    {
        for (var i = 0; i < 4; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(0.5));
        }
    }

    private sealed class Queue : IReceiveQueue
    {
        public long QueuedBytes => 1;
    }
}
