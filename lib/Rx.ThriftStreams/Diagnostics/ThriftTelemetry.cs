using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// The activity source and the instruments of the process. Names that begin with <c>rpc.</c> are those of OpenTelemetry's conventions for RPC; what the conventions have no name for
/// begins with <c>thriftstreams.</c>.
/// </summary>
internal static class ThriftTelemetry
{
    internal static readonly ActivitySource Activities = new(new ActivitySourceOptions(ThriftDiagnostics.ActivitySourceName) { Version = LibraryMeter.Version, TelemetrySchemaUrl = LibraryMeter.Schema });

    internal static readonly SideInstruments Client = new(ThriftCallSide.Client, "client", "made");

    internal static readonly SideInstruments Server = new(ThriftCallSide.Server, "server", "handled");

    /// <summary>Calls that a server refused to protect itself. Tags: the method, and the reason.</summary>
    internal static readonly Counter<long> RefusedCalls = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.server.refused_calls", "{call}", "How many calls were refused by a limit.");

    /// <summary>Connections beyond the limit of a server. Tag: whether their calls were answered.</summary>
    internal static readonly Counter<long> RefusedConnections = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.server.refused_connections", "{connection}", "How many connections were refused by a limit.");

    /// <summary>Circuit breakers of clients that are not closed. Tags: <see cref="BreakerScope"/> and <see cref="BreakerKey"/>.</summary>
    internal static readonly UpDownCounter<long> OpenBreakers = LibraryMeter.Meter.CreateUpDownCounter<long>(
        "thriftstreams.client.open_circuit_breakers", "{breaker}", "How many circuit breakers are open or half-open.");

    /// <summary>Changes of their states. Tags: the same, and <see cref="BreakerState"/>.</summary>
    internal static readonly Counter<long> BreakerChanges = LibraryMeter.Meter.CreateCounter<long>(
        "thriftstreams.client.circuit_breaker.changes", "{change}", "How often circuit breakers changed their state.");

    internal const string BreakerScope = "thriftstreams.circuit_breaker.scope";
    internal const string BreakerKey = "thriftstreams.circuit_breaker.key";
    internal const string BreakerState = "thriftstreams.circuit_breaker.state";

    /// <summary>The instruments of one side.</summary>
    internal sealed class SideInstruments
    {
        // The boundaries that the conventions recommend for durations of calls, in seconds.
        private static readonly InstrumentAdvice<double> Seconds = new()
        {
            HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
        };

        internal SideInstruments(ThriftCallSide calls, string side, string verb)
        {
            var meter = LibraryMeter.Meter;
            Duration = meter.CreateHistogram($"rpc.{side}.call.duration", "s", $"How long the calls that were {verb} took.", null, Seconds);
            RequestSize = meter.CreateHistogram<int>($"rpc.{side}.request.size", "By", "The size of each request message, uncompressed.");
            ResponseSize = meter.CreateHistogram<int>($"rpc.{side}.response.size", "By", "The size of each response message, uncompressed.");
            Requests = meter.CreateHistogram<long>($"thriftstreams.{side}.call.requests", "{message}", "How many request messages a call had.");
            Responses = meter.CreateHistogram<long>($"thriftstreams.{side}.call.responses", "{message}", "How many response messages a call had.");
            Active = meter.CreateUpDownCounter<long>($"thriftstreams.{side}.active_calls", "{call}", $"How many calls are being {verb}.");
            FirstResponse = meter.CreateHistogram($"thriftstreams.{side}.first_response.duration", "s", "The time from the start of a call to its first response message.", null, Seconds);
            ResponseGap = meter.CreateHistogram($"thriftstreams.{side}.response.gap", "s", "The time between a response message of a call and the next.", null, Seconds);
            SendWait = meter.CreateHistogram(
                $"thriftstreams.{side}.send.wait", "s", "How long a message waited for the peer's window or for room in the transport; messages that did not wait are not counted.", null, Seconds);
            SendPauses = meter.CreateCounter<long>(
                $"thriftstreams.{side}.send.pauses", "{pause}", "How often sending was paused because the peer did not take the messages.");
            ReceivePauses = meter.CreateCounter<long>(
                $"thriftstreams.{side}.receive.pauses", "{pause}", "How often receiving was paused because the application did not take the messages.");
            SendsWaiting = meter.CreateObservableUpDownCounter(
                $"thriftstreams.{side}.send.waiting", () => CallWatch.Measure(calls, static call => call.IsSendWaiting ? 1 : 0), "{call}", "How many calls wait for their peer to take a message.");
            ReceiveQueue = meter.CreateObservableUpDownCounter(
                $"thriftstreams.{side}.receive.queue", () => CallWatch.Measure(calls, static call => call.QueuedBytes), "By", "The bytes that were received and not taken by the application.");
        }

        internal Histogram<double> Duration { get; }

        internal Histogram<int> RequestSize { get; }

        internal Histogram<int> ResponseSize { get; }

        internal Histogram<long> Requests { get; }

        internal Histogram<long> Responses { get; }

        internal UpDownCounter<long> Active { get; }

        internal Histogram<double> FirstResponse { get; }

        internal Histogram<double> ResponseGap { get; }

        internal Histogram<double> SendWait { get; }

        internal Counter<long> SendPauses { get; }

        internal Counter<long> ReceivePauses { get; }

        private ObservableUpDownCounter<long> SendsWaiting { get; }

        private ObservableUpDownCounter<long> ReceiveQueue { get; }

        internal bool Enabled => Duration.Enabled || RequestSize.Enabled || ResponseSize.Enabled || Requests.Enabled || Responses.Enabled || Active.Enabled
            || FirstResponse.Enabled || ResponseGap.Enabled || SendWait.Enabled
            || SendPauses.Enabled || ReceivePauses.Enabled || SendsWaiting.Enabled || ReceiveQueue.Enabled;
    }
}
