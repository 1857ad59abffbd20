namespace Rx.ThriftStreams.Options;

/// <summary>Operations that continue after their callers have stopped waiting for them.</summary>
internal static class LateFailures
{
    /// <summary>Observes a failure of the task, so that it does not raise <see cref="TaskScheduler.UnobservedTaskException"/>.</summary>
    internal static void DropFailure(this Task task) => _ = task.ContinueWith(
        static task => _ = task.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
