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

        Assert.True(episodes.Add("a", "first"));
        Assert.False(episodes.Add("a", "second"));
        _clock.Advance(TimeSpan.FromSeconds(50));
        Assert.False(episodes.Add("a", "third"));
        Assert.Equal(["a: 1, first, 0 s ago, 0 answered"], _reports);

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["a: 1, first, 0 s ago, 0 answered", "a: 2, third, 10 s ago, 0 answered"], _reports);

        _clock.Advance(TimeSpan.FromSeconds(50));
        Assert.False(episodes.Add("a", "fourth"));
        episodes.Answered();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("a: 1, fourth, 10 s ago, 1 answered", _reports[^1]);
    }

    [Fact]
    public void Add_AnotherCause_IsAnEpisodeOfItsOwn()
    {
        using var episodes = Create();

        episodes.Add("a", "x");
        Assert.True(episodes.Add("b", "y"));

        Assert.Equal(["a: 1, x, 0 s ago, 0 answered", "b: 1, y, 0 s ago, 0 answered"], _reports);
    }

    /// <summary>An outage that was over before the minute is not reported as one that lasts.</summary>
    [Fact]
    public void Minute_WhoseSecondHalfHadAnswersAndNoFailure_EndsTheEpisode()
    {
        using var episodes = Create();
        episodes.Add("a", "x");
        _clock.Advance(TimeSpan.FromSeconds(5));
        episodes.Add("a", "x");
        episodes.Answered();
        episodes.Answered();
        _clock.Advance(TimeSpan.FromSeconds(55));

        Assert.Equal("a over: 2 failed in 5 s, 55 s ago, 2 answered", _reports[^1]);
        Assert.Equal(2, _reports.Count);
        episodes.Answered();
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, _reports.Count);
        Assert.True(episodes.Add("a", "again"));
    }

    [Fact]
    public void Failure_AfterAnswers_KeepsTheEpisode()
    {
        using var episodes = Create();
        episodes.Add("a", "x");
        episodes.Answered();
        _clock.Advance(TimeSpan.FromSeconds(45));
        episodes.Add("a", "y");
        _clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("a: 1, y, 15 s ago, 0 answered", _reports[^1]);

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _reports.Count);
        episodes.Answered();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("a over: 2 failed in 45 s, 135 s ago, 1 answered", _reports[^1]);
    }

    [Fact]
    public void Minutes_WithoutACall_SayNothing()
    {
        using var episodes = Create();
        episodes.Add("a", "x");

        _clock.Advance(TimeSpan.FromMinutes(30));

        Assert.Single(_reports);
    }

    [Fact]
    public void Minute_OfEpisodesWhoseEndNobodyReports_EndsThem()
    {
        using var episodes = new FailureEpisodes<string, string>(_clock, (cause, report) => _reports.Add($"{cause}: {report.Count}, {report.Last}"));
        episodes.Add("a", "x");

        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.True(episodes.Add("a", "y"));
        Assert.Equal(["a: 1, x", "a: 1, y"], _reports);
    }

    [Fact]
    public void TryGetLast_IsTheFailureUntilSomethingSucceedsOrAMinuteHasPassed()
    {
        using var episodes = Create();
        Assert.False(episodes.TryGetLast("a", out _));
        episodes.Add("a", "x");

        Assert.True(episodes.TryGetLast("a", out var last));
        Assert.Equal("x", last);
        Assert.False(episodes.TryGetLast("b", out _));
        episodes.Answered();
        Assert.False(episodes.TryGetLast("a", out _));

        episodes.Add("a", "y");
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.False(episodes.TryGetLast("a", out _));
    }

    [Fact]
    public void Dispose_ReportsWhatWasNotReported()
    {
        var episodes = Create();
        episodes.Add("a", "x");
        episodes.Add("a", "y");
        episodes.Add("b", "z");

        episodes.Dispose();
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(["a: 1, x, 0 s ago, 0 answered", "b: 1, z, 0 s ago, 0 answered", "a: 1, y, 0 s ago, 0 answered"], _reports);
        Assert.False(episodes.Add("a", "late"));
    }

    /// <summary>The entries of a minute must not carry the trace of the call that happened to fail first.</summary>
    [Fact]
    public void Add_CreatesItsTimerOutsideOfTheCall()
    {
        var ambient = new AsyncLocal<string?> { Value = "call" };
        var clock = new FlowingClock();
        using var episodes = new FailureEpisodes<string, string>(clock, static (_, _) => { });

        episodes.Add("a", "x");

        Assert.True(Assert.Single(clock.Suppressed));
        Assert.Equal("call", ambient.Value);
        Assert.False(ExecutionContext.IsFlowSuppressed());
    }

    private FailureEpisodes<string, string> Create() => new(
        _clock,
        (cause, report) => _reports.Add($"{cause}: {report.Count}, {report.Last}, {report.SecondsAgo} s ago, {report.Answered} answered"),
        (cause, report) => _reports.Add($"{cause} over: {report.Count} failed in {report.SecondsLasted} s, {report.SecondsAgo} s ago, {report.Answered} answered"));

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
