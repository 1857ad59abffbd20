using System.Globalization;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>What a reset tells the server: the number and text of the client's reason for cancelling, and the services that the cancellation passed through.</summary>
/// <param name="Code">The number.</param>
/// <param name="Text">The text.</param>
/// <param name="Path">The services, joined by commas, this one last.</param>
internal readonly record struct CancelReason(int Code, string Text, string Path)
{
    private const int LongestPath = 32 * 1024;

    internal static CancelReason From(Exception reason, string service)
    {
        switch (reason)
        {
            case ThriftTimeoutException { Kind: ThriftTimeoutKind.Stream or ThriftTimeoutKind.Rpc } timeout:
                return new(TTStreamCodes.StreamTimeout, $"stream timeout, timeout in ctx: {Milliseconds(timeout)}ms", service);

            case ThriftTimeoutException { Kind: ThriftTimeoutKind.Receive or ThriftTimeoutKind.FirstResponse } timeout:
                return new(
                    TTStreamCodes.ReceiveTimeout,
                    $"stream Recv timeout, timeout config={{Timeout:{Milliseconds(timeout)}ms DisableCancelRemote:false}}",
                    service);

            // A limit of this side, or bytes from the server that cannot be decoded: not caused by the user.
            case ThriftTimeoutException or ThriftProtocolException:
                return new(TTStreamCodes.InternalCanceled, reason.Message, service);
        }

        if (CallErrors.IsParentCancelled(reason))
        {
            // The reason that cancelled the server call, of which this call is a part, is forwarded.
            return reason.InnerException is ThriftException { Kitex: { IsStream: true } cause }
                ? new(cause.Code, cause.Text, Join(cause.CancelPath, service))
                : new(TTStreamCodes.InternalCanceled, reason.InnerException?.Message ?? reason.Message, Join(["non-ttstream path"], service));
        }

        return new(TTStreamCodes.CanceledByUser, TTStreamCodes.CanceledByUserText, service);
    }

    /// <summary>The services of a path as it travels.</summary>
    internal static string[] Split(string path) => path.Length == 0 ? [] : path.Split(',');

    // The header has 64 KB for a value, and a loop of services could make any path longer.
    private static string Join(IReadOnlyList<string> path, string service)
    {
        var joined = string.Join(',', path.Append(service));
        return joined.Length <= LongestPath ? joined : service;
    }

    private static string Milliseconds(ThriftTimeoutException timeout) => timeout.Configured.TotalMilliseconds.ToString("0.######", CultureInfo.InvariantCulture);
}
