using System.Globalization;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.InteropProgram.Server;

namespace Rx.ThriftStreams.InteropProgram.Restarts;

/// <summary>How calls fared.</summary>
/// <param name="Calls">All calls.</param>
/// <param name="Lost">Those that failed, or came back with another text.</param>
/// <param name="Example">What one of them saw.</param>
internal sealed record RestartResult(int Calls, int Lost, string Example);

/// <summary>Servers that stop in order and come back one after the other, and callers that never pause.</summary>
internal sealed class RollingRestart(RestartLoad load, TimeSpan notice)
{
    // Between two restarts, so that every caller has found its way back.
    private const int CallsBetween = 400;

    private int _calls;
    private int _lost;
    private string _example = string.Empty;
    private volatile bool _over;

    internal static Task<RestartResult> RunAsync(RestartLoad load, int servers, int rounds, int callers, TimeSpan notice)
        => new RollingRestart(load, notice).RunAsync(servers, rounds, callers);

    private Task<ThriftServer> StartAsync(string address) => InteropServer.StartAsync(address, static _ => { }, logCalls: false, notice: notice);

    private async Task<RestartResult> RunAsync(int count, int rounds, int callers)
    {
        var servers = new List<ThriftServer>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                servers.Add(await StartAsync("127.0.0.1:0"));
            }

            await using var channel = load.Open(servers.Select(static server => server.Endpoint.ToString()));
            var calling = Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(new(channel), caller))).ToArray();
            for (var restart = 0; restart < count * rounds; restart++)
            {
                await WaitForCallsAsync();
                var index = restart % count;
                var address = servers[index].Endpoint.ToString();
                await servers[index].StopAsync();
                await servers[index].DisposeAsync();
                servers[index] = await StartAsync(address);
            }

            await WaitForCallsAsync();
            _over = true;
            await Task.WhenAll(calling);
        }
        finally
        {
            _over = true;
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }

        return new(_calls, _lost, _example);
    }

    private async Task CallAsync(Idl.TestServiceClient client, int caller)
    {
        for (var i = 0; !_over; i++)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{caller}/{i}");
            try
            {
                var answer = await load.CallAsync(client, text);
                if (answer != text)
                {
                    Lose($"the answer \"{answer}\" to \"{text}\"");
                }
            }
            catch (ThriftException error)
            {
                Lose($"{error.GetType().Name} {error.StatusCode}: {error.Message}");
            }

            Interlocked.Increment(ref _calls);
        }
    }

    private void Lose(string example)
    {
        Interlocked.Increment(ref _lost);
        _example = example;
    }

    private async Task WaitForCallsAsync()
    {
        var goal = Volatile.Read(ref _calls) + CallsBetween;
        while (Volatile.Read(ref _calls) < goal)
        {
            await Task.Yield();
        }
    }
}
