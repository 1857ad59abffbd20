using System.Globalization;
using Rx.ThriftStreams;
using Spectre.Console;

namespace Demo.Chaos;

/// <summary>A row for each server: how it is, and what the channel makes of it.</summary>
internal sealed class ChaosTable(IReadOnlyList<ChaosServer> servers, PickCounter picks, EjectionLog ejections, ThriftCircuitBreakers breakers)
{
    internal Table Render(string title)
    {
        var table = new Table().Title(Markup.Escape(title)).Border(TableBorder.Rounded)
            .AddColumn(new TableColumn("server").NoWrap())
            .AddColumns("is", "picked", "answered", "latency", "breaker", "ejected");
        foreach (var server in servers)
        {
            var (picked, latency) = picks.Of(server.Address);
            var breaker = breakers.StateOf(ThriftCircuitScope.Endpoint, server.Address);
            var ejection = ejections.Of(server.Address);
            table.AddRow(
                new Text($"{server.Name} ({server.Address})"),
                new Text(Text(server.Condition), server.Condition == Condition.Well ? Color.Green : Color.Red),
                new Text(Text(picked)),
                new Text(Text(server.Handled)),
                new Text(string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0.0} ms")),
                new Text(Text(breaker), breaker == ThriftCircuitState.Closed ? Color.Green : Color.Red),
                new Text(ejection.IsOver ? string.Empty : $"for its {ejection.Reason}", Color.Red));
        }

        return table;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(Condition condition) => condition switch
    {
        Condition.Well => "well",
        Condition.Failing => "failing",
        Condition.Slow => "slow",
        _ => "stopped",
    };

    private static string Text(ThriftCircuitState state) => state switch
    {
        ThriftCircuitState.Closed => "closed",
        ThriftCircuitState.Open => "open",
        _ => "half-open",
    };
}
