namespace Rx.ThriftStreams.Tests.Balancing;

public sealed class TagTests
{
    private readonly List<ThriftCandidate> _all =
    [
        Tagged("10.0.0.1:1", ("zone", "a"), ("version", "2")),
        Tagged("10.0.0.2:1", ("zone", "a")),
        Tagged("10.0.0.3:1", ("zone", "b"), ("version", "2")),
        Tagged("10.0.0.4:1"),
    ];

    [Fact]
    public void Requiring_Tag_LeavesTheOthersOut()
    {
        var picker = ThriftBalancers.RoundRobin.Requiring("zone", "a").CreatePicker(_all);

        Assert.Equal([50, 50, 0, 0], Candidates.Count(picker, _all, 100));
        Assert.Null(picker.Pick(Candidates.Call(_all[0], _all[1])));
        Assert.Null(ThriftBalancers.RoundRobin.Requiring("zone", "c").CreatePicker(_all).Pick(Candidates.Call()));
    }

    [Fact]
    public void Preferring_Tag_FallsBackToTheOthers()
    {
        var picker = ThriftBalancers.RoundRobin.Preferring("zone", "a").CreatePicker(_all);

        Assert.Equal([50, 50, 0, 0], Candidates.Count(picker, _all, 100));
        Assert.Equal([0, 0, 50, 50], Candidates.Count(picker, _all, 100, _all[0], _all[1]));
        _all[0].BlockFor(TimeSpan.FromDays(1));
        Assert.Equal([0, 100, 0, 0], Candidates.Count(picker, _all, 100));

        var others = Candidates.Of(1, 1);
        Assert.Equal([50, 50], Candidates.Count(ThriftBalancers.RoundRobin.Preferring("zone", "a").CreatePicker(others), others, 100));
    }

    [Fact]
    public void Rules_Combined_AllHold()
    {
        var picker = ThriftBalancers.RoundRobin.Preferring("zone", "b").Requiring("version", "2").CreatePicker(_all);

        Assert.Equal([0, 0, 100, 0], Candidates.Count(picker, _all, 100));
        Assert.Equal([100, 0, 0, 0], Candidates.Count(picker, _all, 100, _all[2]));
    }

    [Fact]
    public void Rules_OverABalancerThatTracks_TrackToo()
    {
        Assert.True(ThriftBalancers.LeastStreams.Requiring("zone", "a").TracksStreams);
        Assert.True(ThriftBalancers.PickTwo.Preferring("zone", "a").TracksStreams);
        Assert.False(ThriftBalancers.RoundRobin.Preferring("zone", "a").TracksStreams);
    }

    private static ThriftCandidate Tagged(string address, params (string Name, string Value)[] tags)
        => new(new ThriftEndpoint(address) { Tags = tags.ToDictionary(static tag => tag.Name, static tag => tag.Value) });
}
