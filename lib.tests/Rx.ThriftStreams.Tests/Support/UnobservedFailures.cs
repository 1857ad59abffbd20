using System.Collections.Concurrent;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Notes failures of tasks that nobody has looked at, in the whole process.</summary>
internal sealed class UnobservedFailures : IDisposable
{
    private readonly ConcurrentQueue<Exception> _seen = new();

    public UnobservedFailures() => TaskScheduler.UnobservedTaskException += Note;

    /// <summary>Collects garbage, and returns whether that error was among what nobody looked at.</summary>
    public bool Contain(Exception error)
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return _seen.Contains(error);
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= Note;

    private void Note(object? sender, UnobservedTaskExceptionEventArgs unobserved)
    {
        foreach (var error in unobserved.Exception.InnerExceptions)
        {
            _seen.Enqueue(error);
        }
    }
}
