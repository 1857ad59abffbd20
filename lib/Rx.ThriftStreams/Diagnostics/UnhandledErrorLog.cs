using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Logs errors of subscriptions that reach no code of the application, some a minute. Without it, they would be seen when the garbage collector finds them, if at all.
/// </summary>
internal sealed partial class UnhandledErrorLog(ILogger logger, TimeProvider clock)
{
    private readonly WarningLimit _observers = new(clock, LogLevel.Error);
    private readonly WarningLimit _calls = new(clock);

    /// <summary>An error that nothing handles.</summary>
    /// <param name="method">The method whose messages are observed.</param>
    /// <param name="error">The error.</param>
    /// <param name="isOfCall">Whether the call failed with it; otherwise the observer threw it.</param>
    internal void Report(ThriftMethod method, Exception error, bool isOfCall)
    {
        ThriftCounters.NotHandled(method, isOfCall);
        if (isOfCall)
        {
            if (logger.IsEnabled(LogLevel.Warning) && _calls.TryTake(logger))
            {
                LogCall(logger, error, method.FullName);
            }
        }
        else if (logger.IsEnabled(LogLevel.Error) && _observers.TryTake(logger))
        {
            LogObserver(logger, error, method.FullName);
        }
    }

    [LoggerMessage(82, LogLevel.Error, "A subscriber to the messages of {Method} threw an exception; the subscription has ended.", EventName = "SubscriberFailed")]
    private static partial void LogObserver(ILogger logger, Exception error, string method);

    [LoggerMessage(83, LogLevel.Warning, "The messages of {Method} ended with an error that no subscriber handles. Pass onError to Subscribe.", EventName = "ErrorNotHandled")]
    private static partial void LogCall(ILogger logger, Exception error, string method);
}
