using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>Reports how many endpoints the channels of the process have, by whether new streams go to them.</summary>
internal static class EndpointMeter
{
    private static readonly string[] s_states = ["usable", "ejected", "not_serving", "circuit_open"];

    // Does not keep channels alive that were forgotten without being disposed.
    private static readonly ConditionalWeakTable<EndpointDirectory, string> s_directories = [];

    internal static readonly ObservableUpDownCounter<int> Endpoints = LibraryMeter.Meter.CreateObservableUpDownCounter(
        "thriftstreams.client.endpoints", Measure, "{endpoint}", "How many endpoints channels have, by whether new streams go to them.");

    internal static void Add(EndpointDirectory directory, string target) => s_directories.Add(directory, target);

    internal static void Remove(EndpointDirectory directory) => s_directories.Remove(directory);

    private static IEnumerable<Measurement<int>> Measure()
    {
        var counts = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var (directory, target) in s_directories)
        {
            if (!counts.TryGetValue(target, out var count))
            {
                counts[target] = count = new int[s_states.Length];
            }

            foreach (var endpoint in directory.Current?.Endpoints ?? [])
            {
                if (endpoint.Candidate.Endpoint.Weight > 0)
                {
                    count[StateOf(endpoint.Candidate)]++;
                }
            }
        }

        // Zeros too: otherwise the last value of a state that no endpoint has any more would stay.
        return counts.SelectMany(static target => target.Value.Select((count, state) => new Measurement<int>(
            count, new KeyValuePair<string, object?>(ThriftCounters.Target, target.Key), new KeyValuePair<string, object?>("thriftstreams.endpoint.state", s_states[state]))));
    }

    private static int StateOf(ThriftCandidate candidate) => candidate switch
    {
        { IsEjected: true } => 1,
        { IsServing: false } => 2,
        { IsBlocked: true } => 3,
        _ => 0,
    };
}
