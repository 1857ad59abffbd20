using System.Text;

namespace Rx.ThriftStreams.Comparison.Scenarios;

/// <summary>Measures every scenario over both streaming transports, each with a new server.</summary>
internal static class ScenarioReport
{
    private static readonly (string Name, string Scheme, int Index)[] Transports = [("gRPC", "grpc", 0), ("TTHeader Streaming", "ttheader", 1)];

    internal static async Task<string> RunAsync(int firstPort)
    {
        var rows = new SortedDictionary<int, (string Name, List<string> Values)>();
        foreach (var (name, scheme, index) in Transports)
        {
            var row = 0;
            foreach (var scenario in (Scenario[])[new FirstMessage(), new ManyStreams(1000), new ManyStreams(10_000), new ReconnectStorm(), new SlowNeighbour()])
            {
                await using var host = new ScenarioHost(scheme, firstPort, index);
                await host.StartAsync();
                var values = await scenario.MeasureAsync(host);
                foreach (var (measured, value) in scenario.Names.Zip(values))
                {
                    await Console.Error.WriteLineAsync($"{name}: {measured}: {value}");
                    if (!rows.TryGetValue(row, out var known))
                    {
                        rows[row] = known = (measured, []);
                    }

                    known.Values.Add(value);
                    row++;
                }
            }
        }

        var text = new StringBuilder("| |").AppendJoin(string.Empty, Transports.Select(static transport => $" {transport.Name} |")).Append("\n|---|---:|---:|\n");
        foreach (var (measured, values) in rows.Values)
        {
            text.Append("| ").Append(measured).Append(" | ").AppendJoin(" | ", values).Append(" |\n");
        }

        return text.ToString();
    }
}
