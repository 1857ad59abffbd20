using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Streams;

/// <summary>
/// Only a user's call object refers to it. When both are collected while the call goes on, the call is cancelled and that is logged, so that a forgotten stream costs a log line and not a leak.
/// </summary>
internal sealed partial class AbandonedCallGuard(Func<bool> abort, ILogger logger, string method) : IDisposable
{
    ~AbandonedCallGuard()
    {
        if (abort())
        {
            LogAbandoned(logger, method);
        }
    }

    /// <summary>The call was ended in an orderly way.</summary>
    public void Dispose() => GC.SuppressFinalize(this);

    [LoggerMessage(1, LogLevel.Warning, "A call of {Method} was abandoned without being disposed; it is cancelled now. Dispose it, or read it to its end.")]
    private static partial void LogAbandoned(ILogger logger, string method);
}
