using Rx.ThriftStreams.Balancing;
using Rx.ThriftStreams.Compiler.Tests;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Tests.Balancing;

/// <summary>Endpoints and calls for tests of pickers.</summary>
internal static class Candidates
{
    private static readonly ThriftMethod<Demo.Echo.Request, Demo.Echo.Response> Method = new("echo", "TestService", "EchoUnary", ThriftStreamingMode.Unary);

    /// <summary>Endpoints with those weights, at 10.0.0.1, 10.0.0.2 and so on.</summary>
    public static List<ThriftCandidate> Of(params int[] weights)
        => [.. weights.Select(static (weight, i) => new ThriftCandidate(new ThriftEndpoint($"10.0.0.{i + 1}:8888") { Weight = weight }))];

    public static WeightedCandidates Weighted(params int[] weights) => new(Of(weights));

    /// <summary>A call that has tried those endpoints.</summary>
    public static ThriftPickContext Call(params ThriftCandidate[] tried) => Call(null, tried);

    public static ThriftPickContext Call(string? key, params ThriftCandidate[] tried)
        => new(Method, Start(key), [.. tried], acceptsBlocked: false);

    public static ClientCallStart Start(string? key = null) => new(new() { HashKey = key }, TimeProvider.System, null, null, null);

    /// <summary>How often each endpoint was picked.</summary>
    public static int[] Count(ThriftPicker picker, IReadOnlyList<ThriftCandidate> all, int picks, params ThriftCandidate[] tried)
    {
        var counts = new int[all.Count];
        var positions = all.Select(static (candidate, i) => (candidate, i)).ToDictionary(static pair => pair.candidate, static pair => pair.i);
        var call = Call(tried);
        for (var i = 0; i < picks; i++)
        {
            counts[positions[picker.Pick(call)!]]++;
        }

        return counts;
    }

    /// <summary>The rows of a data file, without its heading.</summary>
    public static IEnumerable<string[]> Rows(string file)
        => File.ReadLines(Path.Combine(Repository.Root, "lib.tests", "Rx.ThriftStreams.Tests", "Balancing", "Data", file)).Skip(1).Select(static line => line.Split(','));
}
