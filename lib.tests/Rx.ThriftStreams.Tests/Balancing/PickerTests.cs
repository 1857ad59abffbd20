using Rx.ThriftStreams.Balancing;

namespace Rx.ThriftStreams.Tests.Balancing;

/// <summary>The shares and sequences of the balancers that go by weight.</summary>
public sealed class PickerTests
{
    public static TheoryData<string, string, string, string> Sequences()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var row in Candidates.Rows("wrr.csv").Where(static row => row[2] != "?"))
        {
            data.Add(row[0], row[1], row[2], row[3]);
        }

        return data;
    }

    /// <summary>The sequences were recorded from Kitex.</summary>
    [Theory]
    [MemberData(nameof(Sequences))]
    public void Pick_RoundRobin_FollowsTheSequenceOfKitex(string algorithm, string weights, string first, string picks)
    {
        var all = Candidates.Of([.. weights.Split('/').Select(int.Parse)]);
        var usable = new WeightedCandidates(all);
        var start = Enumerable.Range(0, usable.Count).Single(i => NameOf(all, usable[i]) == first);
        ThriftPicker picker = algorithm == "smooth" ? new SmoothRoundRobinPicker(usable, start) : new InterleavedPicker(usable, start);

        var picked = picks.Split(' ').Select(_ => NameOf(all, picker.Pick(Candidates.Call())!));

        Assert.Equal(picks, string.Join(' ', picked));
    }

    [Fact]
    public void Pick_EqualWeights_TakesTurnsInTheOrderOfTheList()
    {
        var all = Candidates.Of(4, 4, 4);
        foreach (var balancer in new[] { ThriftBalancers.RoundRobin, ThriftBalancers.InterleavedRoundRobin })
        {
            var picker = balancer.CreatePicker(all);
            var start = all.IndexOf(picker.Pick(Candidates.Call())!);

            Assert.Equal([(start + 1) % 3, (start + 2) % 3, start], Enumerable.Range(0, 3).Select(_ => all.IndexOf(picker.Pick(Candidates.Call())!)));
        }
    }

    [Fact]
    public void Pick_RoundRobin_HasExactSharesOverARound()
    {
        var all = Candidates.Of(1000, 333, 7, 660);

        Assert.Equal([1000, 333, 7, 660], Candidates.Count(new SmoothRoundRobinPicker(new(all)), all, 2000));
        Assert.Equal([1000, 333, 7, 660], Candidates.Count(new InterleavedPicker(new(all)), all, 2000));
    }

    [Fact]
    public void Pick_WeightsWithoutACommonDivisor_KeepTheirSharesInABoundedTable()
    {
        var all = Candidates.Of(int.MaxValue, int.MaxValue / 2, 1);

        var counts = Candidates.Count(new SmoothRoundRobinPicker(new(all), 0), all, SmoothRoundRobinPicker.MaxPeriod);

        Assert.InRange(counts[0] / (double)counts[1], 1.99, 2.01);
        Assert.InRange(counts[2], 1, 2);
    }

    [Fact]
    public void Pick_WeightedRandom_HasTheSharesOfTheWeights() => AssertShares(static candidates => new WeightedRandomPicker(candidates, new Random(1)));

    [Fact]
    public void Pick_Alias_HasTheSharesOfTheWeights() => AssertShares(static candidates => new AliasPicker(candidates, new Random(1)));

    [Theory]
    [InlineData(new[] { 5, 1, 1 }, new[] { 1, 3 / 7d, 3 / 7d }, new[] { 0, 0, 0 })]
    [InlineData(new[] { 10, 20, 30 }, new[] { 0.5, 1, 1 }, new[] { 2, 0, 0 })]
    [InlineData(new[] { 1, 2, 3, 4, 5 }, new[] { 1 / 3d, 2 / 3d, 1, 1, 2 / 3d }, new[] { 4, 4, 0, 0, 3 })]
    public void Alias_Tables_AreThoseOfKitex(int[] weights, double[] probabilities, int[] aliases)
    {
        var picker = new AliasPicker(Candidates.Weighted(weights), new Random(1));

        Assert.Equal(probabilities, picker.Probabilities.Select(static p => Math.Round(p, 12)).Zip(probabilities, static (p, expected) => Math.Abs(p - expected) < 1e-9 ? expected : p));
        Assert.Equal(aliases, picker.Aliases);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pick_WeightsOfZeroAndLess_AreNeverPicked(string name)
    {
        var all = Candidates.Of(3, 0, 2, -5);

        var counts = Candidates.Count(Balancer(name).CreatePicker(all), all, 1000);

        Assert.Equal((0, 0), (counts[1], counts[3]));
        Assert.True(counts[0] > 0 && counts[2] > 0);
        Assert.Null(Balancer(name).CreatePicker(Candidates.Of(0, -1)).Pick(Candidates.Call()));
        Assert.Null(Balancer(name).CreatePicker([]).Pick(Candidates.Call()));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pick_WhatTheCallHasTried_IsNotPickedAgain(string name)
    {
        var all = Candidates.Of(1, 100, 10, 1);
        var picker = Balancer(name).CreatePicker(all);

        Assert.Equal([0, 1000], Candidates.Count(picker, all, 1000, all[1], all[2], all[3]).Order().Where(static (_, i) => i is 0 or 3));
        Assert.Null(picker.Pick(Candidates.Call([.. all])));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pick_BrokenAndEjectedEndpoints_AreSkippedUntilTheirTimeIsUp(string name)
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var all = Enumerable.Range(1, 3).Select(i => new ThriftCandidate(new ThriftEndpoint($"10.0.0.{i}:1"), clock)).ToList();
        var picker = Balancer(name).CreatePicker(all);
        all[0].BlockFor(TimeSpan.FromSeconds(5));
        all[1].EjectFor(TimeSpan.FromSeconds(10));

        Assert.Equal([0, 0, 300], Candidates.Count(picker, all, 300));
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(0, Candidates.Count(picker, all, 300)[1]);
        Assert.True(Candidates.Count(picker, all, 300)[0] > 0);
    }

    [Fact]
    public void Pick_LeastStreams_FillsInProportionToTheWeights()
    {
        var all = Candidates.Of(1, 2, 3);
        var picker = ThriftBalancers.LeastStreams.CreatePicker(all);

        for (var i = 0; i < 60; i++)
        {
            picker.Pick(Candidates.Call())!.TryEnter();
        }

        Assert.Equal([10, 20, 30], all.Select(static candidate => candidate.OpenStreams));
        all[0].Exit();
        Assert.Same(all[0], picker.Pick(Candidates.Call()));
    }

    [Fact]
    public void Pick_PickTwo_AvoidsTheSlowEndpointUntilItsLatencyHasDecayed()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var all = Enumerable.Range(1, 3).Select(i => new ThriftCandidate(new ThriftEndpoint($"10.0.0.{i}:1"), clock)).ToList();
        var picker = new PickTwoPicker(new(all), new Random(1));
        all[0].ObserveLatency(TimeSpan.FromMilliseconds(1));
        all[1].ObserveLatency(TimeSpan.FromMilliseconds(2));
        all[2].ObserveLatency(TimeSpan.FromSeconds(1));

        // Two of three are drawn: the slowest never wins, the fastest always does.
        var counts = Candidates.Count(picker, all, 30_000);
        Assert.Equal(0, counts[2]);
        Assert.InRange(counts[0], 19_500, 20_500);

        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.InRange(Candidates.Count(picker, all, 30_000)[2], 9_000, 21_000);
    }

    [Fact]
    public void Latency_PeaksAtOnceAndDecaysByAndBy()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var candidate = new ThriftCandidate(new ThriftEndpoint("10.0.0.1:1"), clock);
        Assert.Equal(TimeSpan.Zero, candidate.Latency);

        candidate.ObserveLatency(TimeSpan.FromMilliseconds(10));
        candidate.ObserveLatency(TimeSpan.FromMilliseconds(100));
        Assert.Equal(100, candidate.Latency.TotalMilliseconds, 3);

        candidate.ObserveLatency(TimeSpan.FromMilliseconds(10));
        Assert.Equal(100, candidate.Latency.TotalMilliseconds, 3);

        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(100 / Math.E, candidate.Latency.TotalMilliseconds, 3);
    }

    public static TheoryData<string> All() => ["RoundRobin", "InterleavedRoundRobin", "Random", "Alias", "LeastStreams", "PickTwo", "ConsistentHash"];

    internal static ThriftBalancer Balancer(string name)
    {
        // A key that differs from pick to pick lets the hash reach every endpoint.
        var picks = 0;
        return name == "ConsistentHash"
            ? ThriftBalancers.ConsistentHash(_ => $"key-{picks++}")
            : (ThriftBalancer)typeof(ThriftBalancers).GetProperty(name)!.GetValue(null)!;
    }

    private static void AssertShares(Func<WeightedCandidates, ThriftPicker> create)
    {
        const int picks = 100_000;
        int[] weights = [1, 2, 3, 0, 4];
        var all = Candidates.Of(weights);

        var counts = Candidates.Count(create(new(all)), all, picks);
        var withoutTheLast = Candidates.Count(create(new(all)), all, picks, all[4]);

        for (var i = 0; i < weights.Length; i++)
        {
            // Five standard deviations.
            Assert.InRange(counts[i], (weights[i] * picks / 10) - 800, (weights[i] * picks / 10) + 800);
        }

        Assert.InRange(withoutTheLast[2], (picks / 2) - 800, (picks / 2) + 800);
        Assert.Equal(0, withoutTheLast[4]);
    }

    private static string NameOf(List<ThriftCandidate> all, ThriftCandidate candidate) => $"{(char)('A' + all.IndexOf(candidate))}";
}
