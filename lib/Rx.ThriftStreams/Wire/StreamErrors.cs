using System.Globalization;

namespace Rx.ThriftStreams.Wire;

/// <summary>The errors of TTHeader Streaming: Kitex's numbers as exceptions of the portable hierarchy, and back.</summary>
internal static class StreamErrors
{
    /// <summary>An error that this side detected, or with which the other side cancelled the stream.</summary>
    /// <param name="code">Kitex's number.</param>
    /// <param name="text">The text without number, side and path.</param>
    /// <param name="isServerSide">Whether this side is the server of the stream.</param>
    /// <param name="cancelPath">The services that a cancellation passed through.</param>
    /// <param name="isReset">Whether a reset carried it: the number may then be any.</param>
    /// <param name="innerException">The cause.</param>
    /// <param name="hint">What the message of a lost connection adds to the text for the caller on this side.</param>
    internal static ThriftException Create(
        int code,
        string text,
        bool isServerSide,
        IReadOnlyList<string>? cancelPath = null,
        bool isReset = false,
        Exception? innerException = null,
        string? hint = null)
    {
        var kitex = new ThriftKitexError(code, text, cancelPath) { IsStream = true, IsServerSide = isServerSide };
        switch (code)
        {
            case TTStreamCodes.TransportClosing or TTStreamCodes.ConnectionLost:
                // A handler is cancelled when its caller is lost, as over every transport.
                return new ThriftTransportException(
                    isServerSide ? ThriftStatusCode.Cancelled : ThriftStatusCode.Unavailable,
                    isServerSide ? $"The connection to the caller was lost: {text}." : $"The connection was lost before the call ended: {text}{hint}.",
                    innerException) { Kitex = kitex };

            case TTStreamCodes.IllegalOperation:
                return new ThriftStatusException(ThriftStatusCode.Internal, "The call has ended: nothing more can be sent.", innerException) { Kitex = kitex };

            case >= TTStreamCodes.UnexpectedHeader and <= TTStreamCodes.IllegalFrame:
                return new ThriftProtocolException($"The peer violated the protocol: {text.TrimEnd('.')}.", innerException: innerException) { Kitex = kitex };
        }

        var who = isServerSide ? "caller" : "server";
        if (TTStreamCodes.StatusOf(code) == ThriftStatusCode.DeadlineExceeded)
        {
            return new ThriftStatusException(ThriftStatusCode.DeadlineExceeded, $"A time limit of the {who} expired: {text}.", innerException) { Kitex = kitex };
        }

        var why = text is TTStreamCodes.CanceledByUserText or "rst" or "" ? "." : $": {text.TrimEnd('.')}.";
        return isReset || TTStreamCodes.StatusOf(code) == ThriftStatusCode.Cancelled
            ? new ThriftStatusException(ThriftStatusCode.Cancelled, $"The {who} cancelled the call{why}", innerException) { Kitex = kitex }
            : new ThriftStatusException(ThriftStatusCode.Internal, text, innerException) { Kitex = kitex };
    }

    /// <summary>The error as a Kitex server words it for the next caller.</summary>
    internal static string Describe(ThriftKitexError error)
    {
        var side = error.IsServerSide ? "server" : "client";
        var through = error.CancelPath is { Count: > 0 } path ? $"[canceled path: {string.Join(" -> ", path)}] " : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"[ttstream error, code={error.Code}] [{side}-side stream] {through}{error.Text}");
    }
}
