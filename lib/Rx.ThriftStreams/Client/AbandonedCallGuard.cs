using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>
/// Only a user's call object refers to it. When both are collected while the call goes on, the call is cancelled and that is logged, so that a forgotten stream costs a log line and not a leak.
/// </summary>
internal sealed partial class AbandonedCallGuard(IAbandonable call, ILogger logger, string method) : IDisposable
{
    ~AbandonedCallGuard()
    {
        // Cancelling runs what waits for the call, and a logger is anybody's code: neither belongs on the finalizer's thread.
        ThreadPool.UnsafeQueueUserWorkItem(static guard => guard.Abandon(), this, preferLocal: false);
    }

    /// <summary>The call was ended in an orderly way.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    private void Abandon()
    {
        if (call.Abandon())
        {
            LogAbandoned(logger, method);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A call of {Method} was abandoned without being disposed; it is cancelled now. Dispose it, or read it to its end.")]
    private static partial void LogAbandoned(ILogger logger, string method);
}
