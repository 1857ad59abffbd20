using System.Globalization;

namespace Rx.ThriftStreams.InteropProgram.Restarts;

/// <summary>
/// <c>restarts [--servers N] [--rounds N] [--callers N] [--notice MS] [--transport T]</c>: restarts servers one after the other, again and again, while callers call them without a pause, and
/// writes a table of how many calls were lost.
/// </summary>
public static class RestartsVerb
{
    /// <summary>Runs it.</summary>
    /// <returns>0 if no call was lost where the protocol can say that a server stops, 1 otherwise.</returns>
    public static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        var servers = arguments.Number("servers", 2);
        var rounds = arguments.Number("rounds", 10);
        var callers = arguments.Number("callers", 16);
        var notice = TimeSpan.FromMilliseconds(arguments.Number("notice", 100));
        var part = arguments.Text("transport") ?? string.Empty;
        arguments.CheckAllKnown();

        await output.WriteLineAsync($"{"transport",-24} {"servers",7} {"restarts",8} {"calls",9} {"lost",6}  what the lost ones saw");
        var failed = false;
        foreach (var load in RestartLoad.All.Where(load => load.Name.Contains(part, StringComparison.Ordinal)))
        {
            var result = await RollingRestart.RunAsync(load, servers, rounds, callers, notice);
            failed |= load.CanSay && result.Lost > 0;
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{load.Name,-24} {servers,7} {servers * rounds,8} {result.Calls,9} {result.Lost,6}  {result.Example}").TrimEnd());
        }

        return failed ? 1 : 0;
    }
}
