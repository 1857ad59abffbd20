using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Decides what an exception that came out of a handler means for the caller.</summary>
internal static class ServerFaults
{
    internal static ServerCallOutcome Classify(Exception error, ServerCallContext context, bool reveal)
    {
        if (error is OperationCanceledException or ThriftTimeoutException && context.CancellationReason is { } reason)
        {
            if (reason.StatusCode == ThriftStatusCode.Unauthenticated)
            {
                // The credentials of the caller expired.
                return new(reason, ServerFaultOrigin.Handler, RevealDetails: true);
            }

            if (reason is ThriftStatusException { StatusCode: ThriftStatusCode.ResourceExhausted or ThriftStatusCode.Internal, Kitex: null })
            {
                // Not the caller's: the transport refused to take more from it, such as a message that is too large.
                return new(reason, ServerFaultOrigin.Framework, RevealDetails: true);
            }

            var expired = reason is ThriftTimeoutException or { StatusCode: ThriftStatusCode.DeadlineExceeded };
            var isStop = reason.StatusCode == ThriftStatusCode.Unavailable;
            var code = expired ? ThriftStatusCode.DeadlineExceeded : isStop ? ThriftStatusCode.Unavailable : ThriftStatusCode.Cancelled;
            var status = new ThriftStatusException(code, reason.Message, error);

            // Kitex's words for a cancellation do not fit a limit on one message, nor a server that stops.
            var isOwn = isStop || reason is ThriftTimeoutException { Kind: ThriftTimeoutKind.Receive or ThriftTimeoutKind.Send };
            return new(status, isOwn ? ServerFaultOrigin.Framework : ServerFaultOrigin.Cancelled, RevealDetails: true);
        }

        if (error is OperationCanceledException && context.Stopping.IsCancellationRequested)
        {
            // The handler stopped waiting because the server stops: it linked Stopping with the token of what it waited for.
            return new(ServerStop.HandlerLeft(context.Method.IsStreaming, error), ServerFaultOrigin.Framework, RevealDetails: true);
        }

        return error switch
        {
            // Bytes of the caller that do not decode come out of the handler's own enumeration of its requests.
            ThriftProtocolException { IsUnsent: false } => new(error, ServerFaultOrigin.Framework, reveal),
            // A generated base class, whose method the handler does not override.
            ThriftStatusException { IsUnimplemented: true } => new(
                new RouteException(RouteFault.UnknownMethod, context.Method.ServiceName, context.Method.Name), ServerFaultOrigin.Framework, RevealDetails: true),
            RouteException or RefusedException => new(error, ServerFaultOrigin.Framework, RevealDetails: true),
            // They are about the credentials of this server, or about what it calls: they would tell the caller that its own are refused, or that the method that it calls does not exist.
            ThriftStatusException { IsOfCallMade: true, StatusCode: ThriftStatusCode.Unauthenticated or ThriftStatusCode.PermissionDenied or ThriftStatusCode.Unimplemented } made
                => new(new ThriftStatusException(ThriftStatusCode.Internal, reveal ? made.Message : ServerCallOutcome.HiddenText, made), ServerFaultOrigin.Handler, RevealDetails: true),
            _ when IsMeantForCaller(error) => new(error, ServerFaultOrigin.Handler, RevealDetails: true),

            ThriftException thrift when reveal && CodeOnWire(thrift) == thrift.StatusCode => new(thrift, ServerFaultOrigin.Handler, RevealDetails: true),

            // An error on the way to another service: its kind is enough, its text names addresses.
            ThriftException thrift => new(
                new ThriftStatusException(CodeOnWire(thrift), reveal ? thrift.Message : ServerCallOutcome.HiddenText, thrift), ServerFaultOrigin.Handler, RevealDetails: true),
            _ => new(error, IsFault(error) ? ServerFaultOrigin.HandlerFault : ServerFaultOrigin.Handler, reveal),
        };
    }

    /// <summary>Whether it was thrown for the caller.</summary>
    internal static bool IsMeantForCaller(Exception error)
        => error is ThriftStatusException or ThriftBizStatusException or ThriftDeclaredException;

    /// <summary>The code for a receive that took too long is known on clients only.</summary>
    private static ThriftStatusCode CodeOnWire(ThriftException error)
        => error.StatusCode == ThriftStatusCode.ReceiveDeadlineExceeded ? ThriftStatusCode.DeadlineExceeded : error.StatusCode;

    /// <summary>
    /// Exceptions of the run-time point to a mistake in the program, as a panic does in Go; others were thrown on purpose. So was the cancellation of
    /// something other than the call.
    /// </summary>
    private static bool IsFault(Exception error)
        => error is SystemException and not (IOException or TimeoutException or UnauthorizedAccessException or OperationCanceledException);
}
