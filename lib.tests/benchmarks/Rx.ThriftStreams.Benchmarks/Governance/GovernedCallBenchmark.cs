using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Benchmarks.Codec.Idl;

namespace Rx.ThriftStreams.Benchmarks.Governance;

/// <summary>What governance adds to a call of one message each way. The transport costs next to nothing, so that the rest is seen.</summary>
[MemoryDiagnoser]
public class GovernedCallBenchmark
{
    private static readonly ThriftCallOptions Idempotent = new() { IsIdempotent = true };

    private readonly TextMessage _request = new();
    private ThriftChannel _channel = null!;
    private ThriftInvoker _invoker = null!;

    [Params("none", "breakers", "breakers that count calls", "retry", "retry and hedging", "fallback", "all")]
    public string Governance { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var options = new ThriftChannelOptions();
        var resilience = options.Resilience;
        resilience.CircuitBreaker!.IsEnabled = Governance is not "none";
        resilience.CircuitBreaker.CountCallFailures = Governance is "breakers that count calls" or "all";
        resilience.OutlierEjection = Governance is "all" ? new() : null;
        resilience.Retry = Governance is "retry" or "retry and hedging" or "all" ? new() : null;
        resilience.Hedging = Governance is "retry and hedging" or "all" ? new() : null;
        resilience.Fallback = Governance is "fallback" or "all" ? static _ => default : null;
        _channel = ThriftChannel.ForTransport(new OneAnswer.Transport(), "instant", options.Snapshot());
        _invoker = new(_channel, Idempotent);
    }

    [GlobalCleanup]
    public ValueTask Cleanup() => _channel.DisposeAsync();

    [Benchmark]
    public Task<TextMessage> Call() => _invoker.CallAsync(OneAnswer.Method, _request);
}
