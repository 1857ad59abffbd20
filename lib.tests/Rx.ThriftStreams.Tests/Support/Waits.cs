using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Waiting in tests: always with an end.</summary>
internal static class Waits
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    public static Task Soon(this Task task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit, TestContext.Current.CancellationToken);

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().Soon();

    public static Task Soon(this ValueTask task) => task.AsTask().Soon();

    /// <summary>Completes when the token is cancelled.</summary>
    public static Task Cancelled(this CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(cancelled.SetResult);
        return cancelled.Task;
    }

    /// <summary>Waits until something that is announced by nothing has come about.</summary>
    public static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            // Not a spin: what is waited for may need the processor.
            await Task.Delay(TimeSpan.FromMilliseconds(1), limit.Token);
        }
    }

    /// <summary>Yields nothing until the token is cancelled.</summary>
    public static async IAsyncEnumerable<Response> Never([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        yield break;
    }

    public static Request Ask(string text) => new() { Message = text };

    public static Response Answer(string text) => new() { Message = text };
}
