using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>Commands about time and cancellation.</summary>
internal static class TimeCommands
{
    private const int LongWatch = 30_000;

    /// <summary><c>sleep:ms</c>: whatever happens.</summary>
    [SuppressMessage("Reliability", "CA2016", Justification = "The command is there to ignore cancellation.")]
    internal static async ValueTask Sleep(CommandRun run, string arguments)
    {
        await Task.Delay(CommandText.Number(arguments));
        run.Answer($"slept:{arguments}");
    }

    /// <summary><c>sleepctx:ms</c>: a cancelled sleep ends the handler with the cancellation.</summary>
    internal static async ValueTask SleepUnlessCancelled(CommandRun run, string arguments)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            await Task.Delay(CommandText.Number(arguments), run.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            run.Log($"sleepctx: cancelled after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0}ms");
            throw;
        }

        run.Answer($"slept:{arguments}");
    }

    /// <summary><c>cancelwatch[:maxms]</c>: waits for cancellation and logs how it ended.</summary>
    internal static async ValueTask WatchCancellation(CommandRun run, string arguments)
    {
        var longest = CommandText.Number(arguments, LongWatch);
        run.Log("CANCELWATCH waiting");
        var started = Stopwatch.GetTimestamp();
        try
        {
            await Task.Delay(longest, run.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            run.Log($"CANCELWATCH canceled after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0}ms");
            throw;
        }

        run.Log($"CANCELWATCH not canceled within {longest}ms");
        run.Answer("cancelwatch:none");
    }

    /// <summary><c>deadline</c>: how long the caller still waits. Over TTHeader that is the RPC timeout; its streams carry none.</summary>
    internal static ValueTask Deadline(CommandRun run, string arguments)
    {
        var left = run.Context.Deadline is { } deadline ? (long?)Math.Max(0, (deadline - DateTimeOffset.UtcNow).TotalMilliseconds) : null;
        var isRpcTimeout = run.Context.Transport is "ttheader" or "ttheaderframed";
        run.Answer($"deadline:{(left is null || isRpcTimeout ? "none" : $"{left}ms")},rpctimeout:{(isRpcTimeout ? left ?? 0 : 0)}ms");
        return ValueTask.CompletedTask;
    }
}
