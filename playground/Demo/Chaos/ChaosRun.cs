using Demo.Echo;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams;
using Spectre.Console;

namespace Demo.Chaos;

/// <summary>
/// <c>chaos</c>: three servers, calls without a pause, and one trouble after the other. Each step ends when the channel has dealt with the trouble: what is to be seen, is seen.
/// </summary>
internal sealed class ChaosRun
{
    private const int Callers = 4;
    private const int AnswersToSee = 20;
    private const int LeastWidth = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChaosServer[] _servers = [new("Ada"), new("Ben"), new("Cleo")];
    private readonly PickCounter _picks = new(ThriftBalancers.RoundRobin);
    private readonly EjectionLog _ejections = new();
    private readonly IAnsiConsole _console;
    private readonly TimeSpan? _stepTime;
    private long _answers;
    private long _lost;

    /// <param name="console">Shows the table.</param>
    /// <param name="stepTime">The shortest step for people to watch; <see langword="null"/> where nobody does: then the table is written when a step ends.</param>
    private ChaosRun(IAnsiConsole console, TimeSpan? stepTime)
    {
        _console = console;
        _stepTime = stepTime;
    }

    /// <summary>Runs all steps over a transport: <c>grpc</c> or <c>ttheader</c>.</summary>
    internal static async Task RunAsync(string transport, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var run = new ChaosRun(console, console.Profile.Capabilities.Interactive ? TimeSpan.FromSeconds(3) : null);
        console.Profile.Width = Math.Max(console.Profile.Width, LeastWidth);
        try
        {
            foreach (var server in run._servers)
            {
                await server.StartAsync(cancellationToken);
            }

            await run.RunAsync(transport, cancellationToken);
        }
        finally
        {
            foreach (var server in run._servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task RunAsync(string transport, CancellationToken cancellationToken)
    {
        using var logging = LoggerFactory.Create(logging => logging.AddProvider(_ejections.Provider()));
        await using var channel = ThriftChannel.ForAddress($"{transport}://{string.Join(',', _servers.Select(static server => server.Address))}", new ThriftChannelOptions
        {
            Balancer = _picks,
            LoggerFactory = logging,
            Resilience =
            {
                ConnectTimeout = Walkthrough.ConnectTimeout,
                CircuitBreaker = new() { MinimumThroughput = 3, SamplingDuration = TimeSpan.FromSeconds(1), BreakDuration = TimeSpan.FromSeconds(1) },
                OutlierEjection = new() { ConsecutiveFailures = 3, LatencyFactor = 5, EjectionTime = TimeSpan.FromSeconds(1) },

                // Any call may be made again: the demo asks for no more than an echo.
                Retry = new() { Budget = 1 },
            },
            Defaults = new() { IsIdempotent = true },
        });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var calling = Enumerable.Range(0, Callers).Select(_ => CallAsync(new(channel), over.Token)).ToArray();
        var table = new ChaosTable(_servers, _picks, _ejections, channel.CircuitBreakers);

        var ben = _servers[1];
        var cleo = _servers[2];
        await StepAsync(table, "All three are well: each gets its turn.", null, Answers(_servers), cancellationToken);
        await StepAsync(table, "Ben fails every call: he is ejected, and calls are made again elsewhere.", () => ben.BecomeAsync(Condition.Failing, cancellationToken), Ejected(ben, 1), cancellationToken);
        await StepAsync(table, "Ben is well again: after his ejection he gets his turn.", () => ben.BecomeAsync(Condition.Well, cancellationToken), Answers(ben), cancellationToken);
        await StepAsync(table, "Cleo is slow: she is ejected for her latency.", () => cleo.BecomeAsync(Condition.Slow, cancellationToken), Ejected(cleo, 1), cancellationToken);
        await StepAsync(table, "Cleo is fast again.", () => cleo.BecomeAsync(Condition.Well, cancellationToken), Answers(cleo), cancellationToken);

        var changes = new List<ThriftCircuitState>();
        using var watching = channel.CircuitBreakers.Changes.Subscribe(change =>
        {
            if (change.Key == ben.Address)
            {
                lock (changes)
                {
                    changes.Add(change.State);
                }
            }
        });
        await StepAsync(table, "Ben stops: nobody can connect to him, and his breaker opens.", () => ben.BecomeAsync(Condition.Stopped, cancellationToken), Saw(changes, ThriftCircuitState.Open), cancellationToken);
        await StepAsync(table, "Ben starts: one call probes him, his breaker closes, and he gets his turn.", () => ben.BecomeAsync(Condition.Well, cancellationToken), Answers(ben), cancellationToken);

        await over.CancelAsync();
        await Task.WhenAll(calling);
        _console.MarkupLineInterpolated($"Ben's breaker: {string.Join(", ", changes)}.");
        _console.MarkupLineInterpolated($"{_answers} calls were answered, {_lost} were lost.");
    }

    /// <summary>Brings about a trouble, or its end, and shows the table until the channel has dealt with it.</summary>
    private async Task StepAsync(ChaosTable table, string title, Func<Task>? change, Func<bool> isSeen, CancellationToken cancellationToken)
    {
        if (change is not null)
        {
            await change();
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            if (_stepTime is { } time)
            {
                var end = Task.Delay(time, patience.Token);
                await _console.Live(table.Render(title)).StartAsync(live => UntilAsync(() => isSeen() && end.IsCompleted, () => live.UpdateTarget(table.Render(title)), patience.Token));
            }
            else
            {
                await UntilAsync(isSeen, static () => { }, patience.Token);
                _console.Write(table.Render(title));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"This was not seen within {Patience.TotalSeconds:0} s: {title}");
        }
    }

    private static async Task UntilAsync(Func<bool> condition, Action show, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            await Task.Delay(Redraw, cancellationToken);
            show();
        }
    }

    private async Task CallAsync(TestServiceClient client, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await client.EchoPingPongAsync(new() { Message = "Still there?" }, cancellationToken);
                Interlocked.Increment(ref _answers);
            }
            catch (ThriftException)
            {
                Interlocked.Increment(ref _lost);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Func<bool> Answers(params ChaosServer[] servers)
    {
        var before = servers.Select(static server => server.Handled).ToArray();
        return () => servers.Index().All(row => row.Item.Handled >= before[row.Index] + AnswersToSee);
    }

    private Func<bool> Ejected(ChaosServer server, int times)
    {
        var before = _ejections.Of(server.Address).Times;
        return () => _ejections.Of(server.Address).Times >= before + times;
    }

    private static Func<bool> Saw(List<ThriftCircuitState> changes, ThriftCircuitState state) => () =>
    {
        lock (changes)
        {
            return changes.Contains(state);
        }
    };
}
