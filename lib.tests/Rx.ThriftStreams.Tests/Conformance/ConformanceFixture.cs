using System.Collections.Concurrent;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.Server;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Holds this library against every recording, each side once.</summary>
public sealed class ConformanceFixture : IAsyncLifetime
{
    private static readonly string[] StrippedFlags = ["-no-meta-handlers"];
    private static readonly string[] StrippedOptions = ["-cancel-delay", "-connections"];
    private static readonly string[] LimitOptions = ["-timeout", "-rpc-timeout", "-recv-timeout"];

    private readonly ConcurrentDictionary<string, Task<Verdict>> _servers = new();
    private readonly ConcurrentDictionary<string, Task<Verdict>> _clients = new();
    private ThriftServer? _server;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _server = await InteropServer.StartAsync("127.0.0.1:0", static _ => { }, logCalls: false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
    }

    internal Task<Verdict> ServerAsync(string name) => Deviations.NotForServers.TryGetValue(name, out var reason)
        ? Task.FromResult(new Verdict(name, VerdictKind.NotCompared, reason))
        : _servers.GetOrAdd(name, _ => JudgeAsync(
        name,
        Deviations.OfServer,
        recording => recording.IsHttp2 ? GrpcServerReplay.RunAsync(recording, _server!.Endpoint)
            : recording.IsFrameStream() ? FrameReplay.AgainstServerAsync(recording, _server!.Endpoint)
            : CallReplay.AgainstServerAsync(recording, _server!.Endpoint)));

    internal Task<Verdict> ClientAsync(string name) => _clients.GetOrAdd(name, _ => JudgeAsync(name, Deviations.OfClient, RunClientAsync));

    private static async Task<Verdict> JudgeAsync(string name, IReadOnlyDictionary<string, string> deviations, Func<Recording, Task<(string Expected, string Actual)>> run)
    {
        var recording = Recording.Get(name);
        string detail;
        try
        {
            var (expected, actual) = await run(recording);
            detail = expected == actual ? string.Empty : $"expected:\n{expected}\nactual:\n{actual}";
        }
        catch (Exception error) when (error is TimeoutException or IOException)
        {
            detail = error.Message;
        }

        var isKnown = deviations.TryGetValue(name, out var reason);
        return (detail.Length == 0, isKnown) switch
        {
            (true, false) => new Verdict(name, VerdictKind.Same, string.Empty),
            (true, true) => new Verdict(name, VerdictKind.Differs, $"The deviation \"{reason}\" is listed but there is none: remove it from the list."),
            (false, true) => new Verdict(name, VerdictKind.Deviates, reason!),
            (false, false) => new Verdict(name, VerdictKind.Differs, detail),
        };
    }

    private static async Task<(string Expected, string Actual)> RunClientAsync(Recording recording)
    {
        using var cancellation = new CancellationTokenSource();
        var cancels = recording.ClientStdout.Any(line => line.StartsWith("CANCEL", StringComparison.Ordinal));
        var server = new ScriptedServer(recording, cancels && AnswersOf(recording) == 0 ? cancellation.Cancel : static () => { });
        await using (server)
        {
            var output = new StringWriter();
            var options = ClientOptions.From(Arguments.Parse([.. ArgumentsOf(recording), "--addr", server.Address]));
            await ClientVerb.RunAsync(options, output, cancellation.Token).Soon();
            var actual = ClientLines.OfOurs(output.ToString(), recording);
            if (server.Completion.IsFaulted)
            {
                actual += $"\n{server.Completion.Exception!.GetBaseException().Message}";
            }

            return (ClientLines.OfRecording(recording), actual);
        }
    }

    private static int AnswersOf(Recording recording) => recording.ClientStdout.Count(line => line.StartsWith("RECV", StringComparison.Ordinal));

    /// <summary>
    /// Limits that the recorded call did not run into are so long that no machine does, and those that it did are longer than recorded, so that what came before the
    /// limit comes before it here. The script says when to cancel.
    /// </summary>
    internal static IEnumerable<string> ArgumentsOf(Recording recording)
    {
        if (recording.ClientArgs.Contains("-cancel-delay") && AnswersOf(recording) is > 0 and var answers)
        {
            yield return $"-cancel-after={answers}";
        }

        if (recording.Name == "grpc-v1-echounary")
        {
            // This program calls once.
            yield return "-n=1";
        }

        var limit = ClientLines.OfRecording(recording).Contains("TIMEOUT", StringComparison.Ordinal) ? "2s" : $"{Waits.Limit.TotalSeconds}s";
        for (var i = 0; i < recording.ClientArgs.Count; i++)
        {
            var word = recording.ClientArgs[i];
            if (LimitOptions.Contains(word))
            {
                yield return word;
                yield return limit;
                i++;
            }
            else if (StrippedOptions.Contains(word))
            {
                i++;
            }
            else if (!StrippedFlags.Contains(word))
            {
                yield return word;
            }
        }
    }
}
