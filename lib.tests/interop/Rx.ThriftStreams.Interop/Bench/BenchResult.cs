using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rx.ThriftStreams.InteropProgram.Bench;

/// <summary>The figures of one case.</summary>
internal sealed record BenchResult(
    string Label,
    string Transport,
    string Case,
    int Conc,
    int Size,
    double Secs,
    long Messages,
    double MsgsPerS,
    double MbPerS,
    double P50Us,
    double P99Us,
    long Errors,
    double ClientCpuS,
    double AllocBytesPerMsg)
{
    /// <summary>One line of JSON.</summary>
    internal string ToJson() => JsonSerializer.Serialize(
        this with
        {
            Secs = Math.Round(Secs, 3),
            MsgsPerS = Math.Round(MsgsPerS),
            MbPerS = Math.Round(MbPerS, 2),
            P50Us = Math.Round(P50Us, 1),
            P99Us = Math.Round(P99Us, 1),
            ClientCpuS = Math.Round(ClientCpuS, 2),
            AllocBytesPerMsg = Math.Round(AllocBytesPerMsg),
        },
        BenchJson.Default.BenchResult);
}

/// <summary>How results are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext;
