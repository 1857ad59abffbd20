using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>
/// Only a user's call object refers to it. When both are collected while the call is running, the call is cancelled and a warning is logged, so a forgotten stream costs a log line instead of a leak.
/// </summary>
internal sealed partial class AbandonedCallGuard(IAbandonable call, ILogger logger, string method) : IDisposable
{
    ~AbandonedCallGuard()
    {
        // Cancelling runs continuations, and a logger runs foreign code: neither must run on the finalizer's thread.
        ThreadPool.UnsafeQueueUserWorkItem(static guard => guard.Abandon(), this, preferLocal: false);
    }

    /// <summary>The call was ended by its user: nothing has to be done.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    private void Abandon()
    {
        if (call.Abandon())
        {
            LogAbandoned(logger, method);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A call of {Method} was abandoned without being disposed; it is cancelled now. Dispose it, or read it to its end.", EventName = "CallAbandoned")]
    private static partial void LogAbandoned(ILogger logger, string method);
}
