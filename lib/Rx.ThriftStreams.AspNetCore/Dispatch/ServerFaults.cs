using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Tells what an exception that came out of a handler means for the caller.</summary>
internal static class ServerFaults
{
    internal static ServerCallOutcome Classify(Exception error, ServerCallContext context, bool reveal)
    {
        if (error is OperationCanceledException or ThriftTimeoutException && context.CancellationReason is { } reason)
        {
            // Kitex's words where Kitex has any.
            var expired = reason is ThriftTimeoutException or ThriftStreamException { IsTimeout: true };
            var text = !expired ? "context canceled"
                : reason is ThriftTimeoutException { Kind: ThriftTimeoutKind.Receive or ThriftTimeoutKind.Send } ? reason.Message
                : "context deadline exceeded";
            var code = expired ? ThriftStatusCode.DeadlineExceeded : ThriftStatusCode.Cancelled;
            return new(new ThriftStatusException(code, text, error), ServerFaultOrigin.Framework, RevealDetails: true);
        }

        return error switch
        {
            // Bytes of the caller that do not decode come out of the handler's own enumeration of its requests.
            ThriftProtocolException => new(error, ServerFaultOrigin.Framework, reveal),
            ThriftStreamException { IsServerSide: true } => new(error, ServerFaultOrigin.Handler, RevealDetails: true),
            _ when IsMeantForCaller(error) => new(error, ServerFaultOrigin.Handler, RevealDetails: true),

            ThriftException thrift when reveal && CodeOnWire(thrift) == thrift.StatusCode => new(thrift, ServerFaultOrigin.Handler, RevealDetails: true),

            // What went wrong on the way to another service: its kind says enough, its text names addresses.
            ThriftException thrift => new(
                new ThriftStatusException(CodeOnWire(thrift), reveal ? thrift.Message : "internal error", thrift), ServerFaultOrigin.Handler, RevealDetails: true),
            _ => new(error, IsFault(error) ? ServerFaultOrigin.HandlerFault : ServerFaultOrigin.Handler, reveal),
        };
    }

    /// <summary>Whether somebody threw it to tell the caller.</summary>
    internal static bool IsMeantForCaller(Exception error)
        => error is ThriftStatusException or ThriftBizStatusException or ThriftApplicationException or ThriftDeclaredException;

    /// <summary>The code for a receive that took too long is known on clients only.</summary>
    private static ThriftStatusCode CodeOnWire(ThriftException error)
        => error.StatusCode == ThriftStatusCode.ReceiveDeadlineExceeded ? ThriftStatusCode.DeadlineExceeded : error.StatusCode;

    /// <summary>
    /// The run-time's own exceptions tell of a mistake in the program, as a panic does in Go; others are errors that somebody thought of. A cancellation of
    /// something else than the call is such an error.
    /// </summary>
    private static bool IsFault(Exception error)
        => error is SystemException and not (IOException or TimeoutException or UnauthorizedAccessException or OperationCanceledException);
}
