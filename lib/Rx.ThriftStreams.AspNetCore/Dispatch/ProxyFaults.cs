using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Decides what the caller of a proxy learns of a failure on the way to the server. The texts of such errors name addresses, and are not sent.</summary>
internal static class ProxyFaults
{
    /// <summary>The error for the caller: that of the server as it is, and a status for every other.</summary>
    /// <param name="error">The error of the forwarded call.</param>
    /// <param name="context">The call of the caller.</param>
    internal static Exception Explain(Exception error, ServerCallContext context) => error switch
    {
        // The caller's own limit or cancellation: worded as on a server without a proxy.
        _ when CallErrors.IsParentCancelled(error) => new OperationCanceledException(error.Message, error, context.CancellationToken),
        OperationCanceledException => error,
        ThriftTimeoutException when context.CancellationReason is not null => error,
        _ when ServerFaults.IsMeantForCaller(error) => AsOwn(error),
        ThriftTimeoutException { Kind: not ThriftTimeoutKind.Connect } => Status(ThriftStatusCode.DeadlineExceeded, "took too long", context.Method, error),
        ThriftConnectException or ThriftTransportException or ThriftDiscoveryException or ThriftCircuitOpenException or ThriftTimeoutException or ObjectDisposedException
            => Status(ThriftStatusCode.Unavailable, "is not available", context.Method, error),
        ThriftException thrift => Status(thrift is ThriftProtocolException ? ThriftStatusCode.Internal : thrift.StatusCode, "cannot be used", context.Method, error),
        _ => error,
    };

    /// <summary>The caller talks to the server behind, with credentials of its own: it gets whatever that says.</summary>
    private static Exception AsOwn(Exception error)
    {
        if (error is ThriftException thrift)
        {
            thrift.IsOfCallMade = false;
        }

        return error;
    }

    private static ThriftStatusException Status(ThriftStatusCode code, string what, ThriftMethod method, Exception cause)
        => new(code, $"The server to which {method.FullName} is forwarded {what}.", cause);
}
