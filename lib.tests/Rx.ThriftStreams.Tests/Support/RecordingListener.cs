using System.Collections.Concurrent;
using System.Diagnostics;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Records the activities of the library, and of one more source, in the whole process.</summary>
internal sealed class RecordingListener : IDisposable
{
    private readonly ActivityListener _listener;

    internal RecordingListener(ActivitySource? own = null)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source == own || source.Name == ThriftDiagnostics.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    internal ConcurrentQueue<Activity> Stopped { get; } = new();

    public void Dispose() => _listener.Dispose();
}
