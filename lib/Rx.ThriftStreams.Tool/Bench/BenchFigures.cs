using System.Text.Json;
using System.Text.Json.Serialization;
using HdrHistogram;

namespace Rx.ThriftStreams.Tool;

/// <summary>The figures of a bench.</summary>
internal sealed record BenchFigures
{
    public double Seconds { get; init; }

    public long Calls { get; init; }

    public double CallsPerSecond { get; init; }

    public long Sent { get; init; }

    public long Received { get; init; }

    public double MessagesPerSecond { get; init; }

    public long SentBytes { get; init; }

    public long ReceivedBytes { get; init; }

    /// <summary>How many calls ended with each kind of error.</summary>
    public IDictionary<string, long> Errors { get; init; } = new SortedDictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The latencies of the calls that succeeded; <see langword="null"/> if none did.</summary>
    public LatencyFigures? LatencyMicroseconds { get; init; }

    /// <summary>How many latencies are in each range, which begins after the one before.</summary>
    public IReadOnlyList<LatencyBucket> Histogram { get; init; } = [];

    [JsonIgnore]
    public long Failed => Errors.Values.Sum();
}

/// <summary>Latencies in microseconds.</summary>
internal sealed record LatencyFigures(long Min, double Mean, long P50, long P75, long P90, long P95, long P99, [property: JsonPropertyName("p99_9")] long P999, [property: JsonPropertyName("p99_99")] long P9999, long Max)
{
    public static LatencyFigures Of(HistogramBase latencies) => new(
        latencies.LowestEquivalentValue(latencies.RecordedValues().First().ValueIteratedTo),
        Math.Round(latencies.GetMean(), 1),
        latencies.GetValueAtPercentile(50),
        latencies.GetValueAtPercentile(75),
        latencies.GetValueAtPercentile(90),
        latencies.GetValueAtPercentile(95),
        latencies.GetValueAtPercentile(99),
        latencies.GetValueAtPercentile(99.9),
        latencies.GetValueAtPercentile(99.99),
        latencies.GetMaxValue());

    /// <summary>The ranges from the least latency to the greatest; each is twice as wide as the one before.</summary>
    public static IReadOnlyList<LatencyBucket> Buckets(HistogramBase latencies)
    {
        var counts = new SortedDictionary<long, long>();
        foreach (var value in latencies.RecordedValues())
        {
            var limit = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, value.ValueIteratedTo));
            counts[limit] = counts.GetValueOrDefault(limit) + value.CountAtValueIteratedTo;
        }

        return [.. counts.Select(static pair => new LatencyBucket(pair.Key, pair.Value))];
    }
}

/// <summary>A range of latencies.</summary>
/// <param name="UpTo">Its last latency, in microseconds.</param>
/// <param name="Count">How many there were.</param>
internal sealed record LatencyBucket(long UpTo, long Count);

/// <summary>What <c>bench --json</c> prints.</summary>
internal sealed record BenchResult(string Address, string Method, string Mode, int Concurrency, int Connections, double? Rate, bool CorrectedForCoordinatedOmission, BenchFigures Result)
{
    public string ToJson() => JsonSerializer.Serialize(this, BenchJson.Default.BenchResult);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext;
