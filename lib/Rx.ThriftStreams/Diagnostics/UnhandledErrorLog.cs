using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Logs errors of subscriptions that reach no code of the application, some a minute. Without it, they would be seen when the garbage collector finds them, if at all.
/// </summary>
internal sealed partial class UnhandledErrorLog(ILogger logger, EntryLimits limits)
{
    private const int SubscriberFailedId = 82;
    private const int NotHandledId = 83;

    /// <summary>An error that nothing handles.</summary>
    /// <param name="method">The method whose messages are observed.</param>
    /// <param name="error">The error.</param>
    /// <param name="isOfCall">Whether the call failed with it; otherwise the observer threw it.</param>
    internal void Report(ThriftMethod method, Exception error, bool isOfCall)
    {
        ThriftCounters.NotHandled(method, isOfCall);
        if (isOfCall)
        {
            if (limits.TryTake(NotHandledId, LogLevel.Warning))
            {
                LogCall(logger, error, method.FullName);
            }
        }
        else if (limits.TryTake(SubscriberFailedId, LogLevel.Error))
        {
            LogObserver(logger, error, method.FullName);
        }
    }

    [LoggerMessage(SubscriberFailedId, LogLevel.Error, "A subscriber to the messages of {Method} threw an exception; the subscription has ended.", EventName = "SubscriberFailed")]
    private static partial void LogObserver(ILogger logger, Exception error, string method);

    [LoggerMessage(NotHandledId, LogLevel.Warning, "The messages of {Method} ended with an error that no subscriber handles. Pass onError to Subscribe.", EventName = "ErrorNotHandled")]
    private static partial void LogCall(ILogger logger, Exception error, string method);
}
