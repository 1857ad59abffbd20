using System.Diagnostics;
using System.Globalization;
using System.Net;
using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Stress;

/// <summary>
/// <c>stress [--attack PART] [--seconds N] [--seed N]</c>: attacks a server of this program in a process of its own, over loopback, and writes a table of how it took each attack.
/// </summary>
/// <remarks>Each attack is bounded by the seconds (5 by default), the server by 1 GiB of heap. The seed repeats a fuzz run.</remarks>
public static class StressVerb
{
    private static readonly TimeSpan NeighbourPatience = TimeSpan.FromSeconds(10);

    /// <summary>Runs it.</summary>
    /// <returns>0 if the server survived everything, 1 otherwise.</returns>
    public static async Task<int> RunAsync(Arguments arguments, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(output);
        var part = arguments.Text("attack") ?? string.Empty;
        var limit = TimeSpan.FromSeconds(arguments.Fraction("seconds", 5));
        var seed = arguments.Number("seed", Environment.TickCount);
        arguments.CheckAllKnown();

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        await output.WriteLineAsync($"{"attack",-22} {"verdict",-9} {"took",9} {"neighbour",11} {"peak MB",8} {"CPU after",9}");
        var failures = 0;
        var server = await StressServer.StartAsync(CancellationToken.None);
        try
        {
            foreach (var attack in Attacks.All(seed).Where(attack => attack.Name.Contains(part, StringComparison.Ordinal)))
            {
                var result = await RunAsync(attack, server, limit);
                failures += result.Verdict == "survived" ? 0 : 1;
                var neighbour = result.Neighbour is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms") : "none";
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{attack.Name,-22} {result.Verdict,-9} {result.Duration.TotalMilliseconds,6:0} ms {neighbour,11} {result.Memory / 1024 / 1024,8} {result.Processor,9:P0}"));
                if (!server.IsAlive)
                {
                    await server.DisposeAsync();
                    server = await StressServer.StartAsync(CancellationToken.None);
                }
            }
        }
        finally
        {
            await server.DisposeAsync();
        }

        await output.WriteLineAsync(failures == 0 ? "all survived" : string.Create(CultureInfo.InvariantCulture, $"{failures} not survived"));
        return failures == 0 ? 0 : 1;
    }

    private static async Task<AttackResult> RunAsync(Attack attack, StressServer server, TimeSpan limit)
    {
        server.ForgetPeak();
        var started = Stopwatch.GetTimestamp();
        using var enough = new CancellationTokenSource(limit);
        IReadOnlyList<IDisposable> held = [];
        try
        {
            held = await attack.RunAsync(server.Endpoint, enough.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or System.Net.Sockets.SocketException)
        {
            // Out of time, or the server is gone: what follows finds out which.
        }

        var duration = Stopwatch.GetElapsedTime(started);
        try
        {
            var neighbour = server.IsAlive ? await AskNeighbourAsync(server.Endpoint) : null;
            return new(server.IsAlive, neighbour, server.IsAlive ? server.PeakMemory : 0, await WaitForCalmAsync(server), duration);
        }
        finally
        {
            foreach (var connection in held)
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>Waits until the server is idle again, a few seconds at most: it may still be reading, or compiling what it had never run before.</summary>
    /// <returns>The share of one processor that it used in the last second.</returns>
    private static async Task<double> WaitForCalmAsync(StressServer server)
    {
        const int MostSeconds = 5;
        var share = 0.0;
        for (var second = 0; second < MostSeconds; second++)
        {
            var before = server.ProcessorTime;
            await Task.Delay(TimeSpan.FromSeconds(1));
            share = (server.ProcessorTime - before).TotalSeconds;
            if (share <= AttackResult.MostProcessor)
            {
                break;
            }
        }

        return share;
    }

    /// <summary>Makes a call as a well-behaved client would, on a connection of its own.</summary>
    private static async Task<TimeSpan?> AskNeighbourAsync(IPEndPoint server)
    {
        var started = Stopwatch.GetTimestamp();
        await using var channel = ThriftChannel.ForAddress($"ttheader://{server}");
        using var patience = new CancellationTokenSource(NeighbourPatience);
        try
        {
            await new TestServiceClient(channel).EchoPingPongAsync(new Request { Message = "neighbour" }, patience.Token);
            return Stopwatch.GetElapsedTime(started);
        }
        catch (Exception error) when (error is ThriftException or OperationCanceledException)
        {
            return null;
        }
    }
}
