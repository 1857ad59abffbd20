using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Tells what an exception that came out of a handler means for the caller.</summary>
internal static class ServerFaults
{
    internal static ServerCallOutcome Classify(Exception error, ServerCallContext context, bool reveal)
    {
        if (context.DeadlinePassed && error is OperationCanceledException or ThriftTimeoutException)
        {
            return new(
                new ThriftStatusException(ThriftStatusCode.DeadlineExceeded, "context deadline exceeded", error),
                ServerFaultOrigin.Framework,
                reveal);
        }

        return error switch
        {
            OperationCanceledException => new(
                new ThriftStatusException(ThriftStatusCode.Cancelled, "context canceled", error), ServerFaultOrigin.Framework, reveal),

            // Bytes of the caller that do not decode come out of the handler's own enumeration of its requests.
            ThriftProtocolException => new(error, ServerFaultOrigin.Framework, reveal),
            ThriftException => new(error, ServerFaultOrigin.Handler, RevealDetails: true),
            _ => new(error, IsFault(error) ? ServerFaultOrigin.HandlerFault : ServerFaultOrigin.Handler, reveal),
        };
    }

    /// <summary>
    /// The run-time's own exceptions tell of a mistake in the program, as a panic does in Go; others are errors that somebody thought of.
    /// </summary>
    private static bool IsFault(Exception error)
        => error is SystemException and not (IOException or TimeoutException or UnauthorizedAccessException);
}
