using System.Diagnostics;
using System.Globalization;
using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>Many open streams: how long until each has had a message back, and what each takes in memory while nothing happens on it.</summary>
internal sealed class ManyStreams(int count) : Scenario
{
    internal override IReadOnlyList<string> Names =>
    [
        $"{Count} streams, until each has an answer, ms",
        $"{Count} idle streams, managed memory of the client, KiB each",
        $"{Count} idle streams, private memory of the server, KiB each",
    ];

    private string Count => count.ToString("N0", CultureInfo.InvariantCulture);

    internal override async Task<IReadOnlyList<string>> MeasureAsync(ScenarioHost host)
    {
        await using var channel = host.Open();
        var client = new EchoClient(channel);
        await using (await ScenarioHost.OpenStreamAsync(client))
        {
            // The connection is there, and what is compiled at the first use.
        }

        var heap = GC.GetTotalMemory(forceFullCollection: true);
        var memory = host.Server.Memory;
        var started = Stopwatch.GetTimestamp();
        var streams = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ScenarioHost.OpenStreamAsync(client)));
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var clientEach = (GC.GetTotalMemory(forceFullCollection: true) - heap) / 1024.0 / count;
        var serverEach = (host.Server.Memory - memory) / 1024.0 / count;
        foreach (var stream in streams)
        {
            await stream.DisposeAsync();
        }

        return [Milliseconds(elapsed), Milliseconds(clientEach), Milliseconds(serverEach)];
    }
}
