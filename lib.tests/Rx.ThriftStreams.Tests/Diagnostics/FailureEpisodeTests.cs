using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Failures that repeat, as the log reports them.</summary>
public sealed class FailureEpisodeTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _reports = [];

    [Fact]
    public void Add_ManyOfOneCause_ReportsTheFirstAndThenEachMinuteTheirNumber()
    {
        using var episodes = Create();

        Assert.True(episodes.Add("a", Call("first")));
        Assert.False(episodes.Add("a", Call("second")));
        Assert.False(episodes.Add("a", Call("third")));
        Assert.Equal(["a: 1, first"], _reports);

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["a: 1, first", "a: 2, third"], _reports);

        Assert.False(episodes.Add("a", Call("fourth")));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("a: 1, fourth", _reports[^1]);
    }

    [Fact]
    public void Add_AnotherCause_IsAnEpisodeOfItsOwn()
    {
        using var episodes = Create();

        episodes.Add("a", Call("x"));
        Assert.True(episodes.Add("b", Call("y")));

        Assert.Equal(["a: 1, x", "b: 1, y"], _reports);
    }

    [Fact]
    public void Add_AFailureThatExplainsNothing_KeepsTheReasonBefore()
    {
        using var episodes = Create();
        episodes.Add("a", Call("refused"));
        episodes.Add("a", Call("the circuit breaker is open"), explains: false);

        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("a: 1, refused", _reports[^1]);
    }

    [Fact]
    public void Minute_WithAnswersAndNoFailure_EndsTheEpisode()
    {
        using var episodes = Create();
        episodes.Add("a", Call("x"));
        _clock.Advance(TimeSpan.FromSeconds(90));
        episodes.Add("a", Call("x"));
        episodes.Answered();
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("a: 1, x", _reports[^1]);

        episodes.Answered();
        episodes.Answered();
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("a over: 2 failed in 90 s, 2 answered", _reports[^1]);
        var count = _reports.Count;
        episodes.Answered();
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(count, _reports.Count);
        Assert.True(episodes.Add("a", Call("again")));
    }

    [Fact]
    public void Minutes_WithoutACall_SayNothing()
    {
        using var episodes = Create();
        episodes.Add("a", Call("x"));

        _clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Single(_reports);
        episodes.Answered();
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("a over: 1 failed in 0 s, 1 answered", _reports[^1]);
    }

    [Fact]
    public void Minute_OfEpisodesWhoseEndNobodyReports_EndsThem()
    {
        using var episodes = new FailureEpisodes<string>(_clock, (cause, last, count) => _reports.Add($"{cause}: {count}, {last.Reason}"));
        episodes.Add("a", Call("x"));

        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(episodes.Add("a", Call("y")));
        Assert.Equal(["a: 1, x", "a: 1, y"], _reports);
    }

    [Fact]
    public void Dispose_ReportsWhatWasNotReported()
    {
        var episodes = Create();
        episodes.Add("a", Call("x"));
        episodes.Add("a", Call("y"));
        episodes.Add("b", Call("z"));

        episodes.Dispose();
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(["a: 1, x", "b: 1, z", "a: 1, y"], _reports);
        Assert.False(episodes.Add("a", Call("late")));
    }

    /// <summary>The entries of a minute must not carry the trace of the call that happened to fail first.</summary>
    [Fact]
    public void Add_CreatesItsTimerOutsideOfTheCall()
    {
        var ambient = new AsyncLocal<string?> { Value = "call" };
        var clock = new FlowingClock();
        using var episodes = new FailureEpisodes<string>(clock, static (_, _, _) => { });

        episodes.Add("a", Call("x"));

        Assert.True(Assert.Single(clock.Suppressed));
        Assert.Equal("call", ambient.Value);
        Assert.False(ExecutionContext.IsFlowSuppressed());
    }

    private static FailedCall Call(string reason) => new("pkg.Service/Method", "10.0.0.1:8888", ThriftStatusCode.Internal, reason);

    private FailureEpisodes<string> Create() => new(
        _clock,
        (cause, last, count) => _reports.Add($"{cause}: {count}, {last.Reason}"),
        (cause, totals) => _reports.Add($"{cause} over: {totals.Failed} failed in {totals.Lasted.TotalSeconds} s, {totals.Answered} answered"));

    private sealed class FlowingClock : FakeTimeProvider
    {
        internal List<bool> Suppressed { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Suppressed.Add(ExecutionContext.IsFlowSuppressed());
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
