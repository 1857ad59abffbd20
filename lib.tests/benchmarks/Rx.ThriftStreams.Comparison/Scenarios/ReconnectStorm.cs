using System.Diagnostics;
using Compared.Thrift;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>A server with a thousand streams is killed and started again, and its client opens each stream anew: how far the last is behind the first that flows.</summary>
internal sealed class ReconnectStorm : Scenario
{
    private const int Count = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    internal override IReadOnlyList<string> Names => ["1,000 streams after their server was killed and restarted, from the first that flows to the last, ms"];

    internal override async Task<IReadOnlyList<string>> MeasureAsync(ScenarioHost host)
    {
        await using var channel = host.Open();
        var client = new EchoClient(channel);
        var streams = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => ScenarioHost.OpenStreamAsync(client)));

        await host.Server.KillAsync();
        using var limit = new CancellationTokenSource(Limit);
        var resuming = streams.Select(stream => ResumeAsync(client, stream, limit.Token)).ToList();
        await host.DisposeAsync();
        await host.StartAsync();
        var resumed = await Task.WhenAll(resuming);
        foreach (var (stream, _) in resumed)
        {
            await stream.DisposeAsync();
        }

        return [Milliseconds(Stopwatch.GetElapsedTime(resumed.Min(static one => one.At), resumed.Max(static one => one.At)).TotalMilliseconds)];
    }

    /// <summary>Opens the stream anew, again and again, as a client does that must not lose it.</summary>
    private static async Task<(EchoingStream Stream, long At)> ResumeAsync(EchoClient client, EchoingStream stream, CancellationToken cancellationToken)
    {
        await stream.DisposeAsync();
        while (true)
        {
            try
            {
                return (await ScenarioHost.OpenStreamAsync(client), Stopwatch.GetTimestamp());
            }
            catch (ThriftException)
            {
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }
}
