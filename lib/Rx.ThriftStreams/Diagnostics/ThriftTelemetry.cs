using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>The activity source and the instruments of the process, named according to OpenTelemetry's conventions for RPC.</summary>
internal static class ThriftTelemetry
{
    internal static readonly ActivitySource Activities = new(ThriftDiagnostics.ActivitySourceName);

    private static readonly Meter Meter = new(ThriftDiagnostics.MeterName);

    internal static readonly SideInstruments Client = new(Meter, "client", "made");

    internal static readonly SideInstruments Server = new(Meter, "server", "handled");

    /// <summary>Calls that a server refused to protect itself. Tags: the method, and the reason.</summary>
    internal static readonly Counter<long> RefusedCalls = Meter.CreateCounter<long>(
        "rpc.server.refused_calls", "{call}", "How many calls were refused by a limit.");

    /// <summary>Connections beyond the limit of a server. Tag: whether their calls were answered.</summary>
    internal static readonly Counter<long> RefusedConnections = Meter.CreateCounter<long>(
        "rpc.server.refused_connections", "{connection}", "How many connections were refused by a limit.");

    /// <summary>The instruments of one side.</summary>
    internal sealed class SideInstruments
    {
        // The boundaries that the conventions recommend for durations of calls, in seconds.
        private static readonly InstrumentAdvice<double> Seconds = new()
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        };

        internal SideInstruments(Meter meter, string side, string verb)
        {
            Duration = meter.CreateHistogram($"rpc.{side}.call.duration", "s", $"How long the calls that were {verb} took.", null, Seconds);
            RequestSize = meter.CreateHistogram<int>($"rpc.{side}.request.size", "By", "The size of each request message, uncompressed.");
            ResponseSize = meter.CreateHistogram<int>($"rpc.{side}.response.size", "By", "The size of each response message, uncompressed.");
            Requests = meter.CreateHistogram<long>($"rpc.{side}.requests_per_rpc", "{count}", "How many request messages a call had.");
            Responses = meter.CreateHistogram<long>($"rpc.{side}.responses_per_rpc", "{count}", "How many response messages a call had.");
            Active = meter.CreateUpDownCounter<long>($"rpc.{side}.active_calls", "{call}", $"How many calls are being {verb}.");
        }

        internal Histogram<double> Duration { get; }

        internal Histogram<int> RequestSize { get; }

        internal Histogram<int> ResponseSize { get; }

        internal Histogram<long> Requests { get; }

        internal Histogram<long> Responses { get; }

        internal UpDownCounter<long> Active { get; }

        internal bool Enabled => Duration.Enabled || RequestSize.Enabled || ResponseSize.Enabled || Requests.Enabled || Responses.Enabled || Active.Enabled;
    }
}
