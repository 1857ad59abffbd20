using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Reactive;
using Rx.ThriftStreams.Tests.Reactive.Marbles;

namespace Rx.ThriftStreams.Tests.Reactive;

public sealed class ResumeTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<int> _delays = [];

    private static Exception Lost => new ThriftBufferOverflowException(1);

    private ResumeOptions AtOnce(int maxAttempts = 5) => new()
    {
        ShouldResume = static error => error is ThriftException,
        MaxAttempts = maxAttempts,
        TimeProvider = _time,
        Delay = attempt =>
        {
            _delays.Add(attempt);
            return TimeSpan.Zero;
        },
    };

    [Fact]
    public async Task Failure_ThatMatches_GoesOnAfterTheLastElement()
    {
        var points = new List<ResumePoint<int>>();
        TrackedStream<int> broken = Streams.Failing(Lost, 1, 2);
        int disposalsWhenAsked = -1;

        List<int> seen = await broken.Resume(
            point =>
            {
                disposalsWhenAsked = broken.Disposals;
                points.Add(point);
                return Streams.Range(point.Last + 1, 2);
            },
            AtOnce()).ToListAsync();

        Assert.Equal([1, 2, 3, 4], seen);
        ResumePoint<int> point = Assert.Single(points);
        Assert.True(point.HasLast);
        Assert.Equal(2, point.Last);
        Assert.Equal(1, point.Attempt);
        Assert.IsType<ThriftBufferOverflowException>(point.Error);
        Assert.Equal(1, disposalsWhenAsked);
    }

    [Fact]
    public async Task Failure_BeforeAnyElement_HasNoLast()
    {
        var points = new List<ResumePoint<int>>();

        await Streams.Failing(Lost).Resume(
            point =>
            {
                points.Add(point);
                return Streams.Range(0, 1);
            },
            AtOnce()).ToListAsync();

        Assert.False(Assert.Single(points).HasLast);
    }

    [Fact]
    public async Task Failure_ThatDoesNotMatch_IsThrownAsItIs()
        => await Assert.ThrowsAsync<MarbleException>(async () =>
            await Streams.Failing(new MarbleException(), 1).Resume(_ => Streams.Range(0, 1), AtOnce()).ToListAsync());

    [Fact]
    public async Task Failure_WithDefaults_ResumesOnlyWhatIsUnavailable()
        => await Assert.ThrowsAsync<ThriftBufferOverflowException>(async () =>
            await Streams.Failing(Lost, 1).Resume(_ => Streams.Range(0, 1)).ToListAsync());

    [Fact]
    public async Task Attempts_WithoutAnElementBetween_AreLimited()
    {
        await Assert.ThrowsAsync<ThriftBufferOverflowException>(async () =>
            await Streams.Failing(Lost, 1).Resume(_ => Streams.Failing(Lost), AtOnce(maxAttempts: 3)).ToListAsync());

        Assert.Equal([1, 2, 3], _delays);
    }

    [Fact]
    public async Task Attempts_WithAnElementBetween_CountFromTheStart()
    {
        List<int> seen = await Streams.Failing(Lost, 0)
            .Resume(point => point.Last < 10 ? Streams.Failing(Lost, point.Last + 1) : Streams.Range(100, 1), AtOnce(maxAttempts: 1))
            .ToListAsync();

        Assert.Equal(12, seen.Count);
        Assert.Equal(100, seen[^1]);
        Assert.All(_delays, attempt => Assert.Equal(1, attempt));
    }

    [Fact]
    public async Task Delay_IsWaitedForOnTheGivenClock()
    {
        await using IAsyncEnumerator<int> stream = Streams.Failing(Lost).Resume(
            _ => Streams.Range(7, 1),
            new() { ShouldResume = _ => true, TimeProvider = _time, Delay = _ => TimeSpan.FromSeconds(3) }).GetAsyncEnumerator();

        Task<bool> move = stream.MoveNextAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(move.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await move.Soon());
        Assert.Equal(7, stream.Current);
    }

    [Fact]
    public async Task Cancellation_DuringTheDelay_EndsIt()
    {
        using var cancellation = new CancellationTokenSource();
        await using IAsyncEnumerator<int> stream = Streams.Failing(Lost).Resume(
            _ => Streams.Range(7, 1),
            new() { ShouldResume = _ => true, TimeProvider = _time, Delay = _ => TimeSpan.FromSeconds(3) }).GetAsyncEnumerator(cancellation.Token);
        Task<bool> move = stream.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move.Soon());
    }

    [Fact]
    public async Task Leaving_DisposesTheCurrentEnumeration()
    {
        TrackedStream<int> rest = Streams.Endless();

        await Streams.Failing(Lost, 1).Resume(_ => rest, AtOnce()).Take(4).CountAsync();

        Assert.Equal(1, rest.Disposals);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(7, 6400)]
    [InlineData(8, 10_000)]
    [InlineData(1_000, 10_000)]
    public void Delay_Default_DoublesUpToTenSeconds_AndVaries(int attempt, int milliseconds)
    {
        double[] delays = [.. Enumerable.Range(0, 100).Select(_ => new ResumeOptions().Delay(attempt).TotalMilliseconds)];

        Assert.All(delays, delay => Assert.InRange(delay, milliseconds / 2d, milliseconds));
        Assert.True(delays.Distinct().Count() > 1);
    }

    [Fact]
    public async Task Rest_Null_IsAClearError()
        => await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await Streams.Failing(Lost).Resume(_ => null!, AtOnce()).ToListAsync());
}
