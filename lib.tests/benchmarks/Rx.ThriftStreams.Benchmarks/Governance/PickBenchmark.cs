using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Benchmarks.Governance;

/// <summary>What choosing an endpoint costs, with all endpoints in use and with one of four broken.</summary>
[MemoryDiagnoser]
public class PickBenchmark
{
    private ThriftPicker _picker = null!;
    private ThriftPickContext _context;

    [Params("RoundRobin", "InterleavedRoundRobin", "Random", "Alias", "LeastStreams", "PickTwo", "ConsistentHash")]
    public string Balancer { get; set; } = "";

    [Params(20)]
    public int Endpoints { get; set; }

    [Params(false, true)]
    public bool Broken { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var balancer = Balancer switch
        {
            "RoundRobin" => ThriftBalancers.RoundRobin,
            "InterleavedRoundRobin" => ThriftBalancers.InterleavedRoundRobin,
            "Random" => ThriftBalancers.Random,
            "Alias" => ThriftBalancers.Alias,
            "LeastStreams" => ThriftBalancers.LeastStreams,
            "PickTwo" => ThriftBalancers.PickTwo,
            _ => ThriftBalancers.ConsistentHash(),
        };
        var candidates = new List<ThriftCandidate>();
        for (var i = 0; i < Endpoints; i++)
        {
            candidates.Add(new(new ThriftEndpoint($"10.0.0.{i}:8888")));
            if (Broken && i % 4 == 3)
            {
                candidates[i].BlockFor(TimeSpan.FromDays(1));
            }
        }

        _picker = balancer.CreatePicker(candidates);
        var start = new ClientCallStart(new() { HashKey = "key" }, TimeProvider.System, null, null, null);
        _context = new(OneAnswer.Method, start, null, acceptsBlocked: false);
    }

    [Benchmark]
    public ThriftCandidate? Pick() => _picker.Pick(_context);
}
