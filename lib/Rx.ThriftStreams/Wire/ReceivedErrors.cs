using System.Globalization;

namespace Rx.ThriftStreams.Wire;

/// <summary>The errors that servers send, as exceptions of the portable hierarchy: the inverse of <see cref="KitexAnswer"/>.</summary>
internal static class ReceivedErrors
{
    private const string StreamMark = "[ttstream error, code=";

    /// <summary>An application exception: the payload of a TRAILER, or the answer to a ping-pong call.</summary>
    /// <param name="error">What the server sent.</param>
    /// <param name="status">The status that a server of this library also sends; <see langword="null"/> from others.</param>
    /// <param name="kitex">The error in Kitex's terms.</param>
    /// <param name="trailers">The trailers that came with it.</param>
    internal static ThriftException Of(in ApplicationError error, string? status, ThriftKitexError kitex, ThriftMetadata trailers)
    {
        var known = error.Type switch
        {
            ApplicationErrorType.UnknownMethod or ApplicationErrorType.UnknownService or ApplicationErrorType.NoServiceName => ThriftStatusCode.Unimplemented,
            ApplicationErrorType.InternalError when error.Message.StartsWith(RefusedException.LimitMark, StringComparison.Ordinal) => ThriftStatusCode.ResourceExhausted,
            ApplicationErrorType.InternalError when error.Message.StartsWith(RefusedException.RuleMark, StringComparison.Ordinal) => ThriftStatusCode.PermissionDenied,
            _ => TTStreamCodes.StatusOf((int)error.Type),
        };
        var (code, message) = Understand(known, error.Message);
        if (int.TryParse(status, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var sent) && sent != 0)
        {
            code = (ThriftStatusCode)sent;
        }

        // A server that shuts down refuses streams with this number, which has the same meaning as a lost connection.
        return (int)error.Type == TTStreamCodes.TransportClosing
            ? new ThriftTransportException(ThriftStatusCode.Unavailable, $"The server refused the call: {message}.") { Kitex = kitex }
            : new ThriftStatusException(code, message) { Kitex = kitex, Trailers = trailers };
    }

    /// <summary>A status over gRPC.</summary>
    /// <param name="number">The value of <c>grpc-status</c>.</param>
    /// <param name="text">The value of <c>grpc-message</c>.</param>
    /// <param name="trailers">The trailers that came with it.</param>
    /// <param name="details">The bytes of <c>google.rpc.Status</c> that came with it.</param>
    internal static ThriftStatusException Of(int number, string text, ThriftMetadata trailers, ReadOnlyMemory<byte>? details)
    {
        var (code, message) = Understand((ThriftStatusCode)number, text);
        if (!text.EndsWith(KitexAnswer.GrpcHandlerMark, StringComparison.Ordinal))
        {
            code = OfThriftNumber(number, text) ?? code;
        }

        // A text in the details has the same marks as the status text.
        var own = details is { } sent && message.Length != text.Length ? GoogleRpcStatus.WithMessage(sent, message) : details;
        return new(code, message) { Kitex = new(number, text), Trailers = trailers, Details = own };
    }

    /// <summary>Kitex answers these with Thrift's numbers, which have other meanings as statuses.</summary>
    private static ThriftStatusCode? OfThriftNumber(int number, string text) => (ApplicationErrorType)number switch
    {
        ApplicationErrorType.UnknownService when text.StartsWith("unknown service ", StringComparison.Ordinal) => ThriftStatusCode.Unimplemented,
        ApplicationErrorType.UnknownMethod when text.StartsWith("unknown method ", StringComparison.Ordinal) => ThriftStatusCode.Unimplemented,
        ApplicationErrorType.ProtocolError when UndecodableTexts.Matches(text) => ThriftStatusCode.Internal,
        _ => null,
    };

    /// <summary>Removes Kitex's marks from a text, and extracts a status if they carry one.</summary>
    private static (ThriftStatusCode Code, string Message) Understand(ThriftStatusCode code, string text)
    {
        var rest = text.AsSpan();
        if (rest.EndsWith(KitexAnswer.GrpcHandlerMark, StringComparison.Ordinal))
        {
            rest = rest[..^KitexAnswer.GrpcHandlerMark.Length];
        }

        _ = TrySkip(ref rest, KitexAnswer.HandlerMark);
        if (TryReadNumber(ref rest, KitexAnswer.StatusMark, KitexAnswer.StatusTextMark, out var status) && status != 0)
        {
            code = (ThriftStatusCode)status;
        }
        else if (TryReadNumber(ref rest, StreamMark, "] ", out var number))
        {
            code = TTStreamCodes.StatusOf(number);
            SkipBracket(ref rest, "[client-side stream] ");
            SkipBracket(ref rest, "[server-side stream] ");
            SkipBracket(ref rest, "[canceled path: ");
        }

        if (rest.StartsWith(KitexAnswer.PanicMark, StringComparison.Ordinal) && rest.IndexOf(KitexAnswer.PanicEnd, StringComparison.Ordinal) is >= 0 and var end)
        {
            var method = rest[KitexAnswer.PanicMark.Length..end];
            var why = rest[(end + KitexAnswer.PanicEnd.Length)..].Trim();
            return (code, HandlerFaultTexts.OfPanic(method, why));
        }

        return rest switch
        {
            "" => (code, $"The call ended with status {(int)code} ({code})."),
            KitexAnswer.HiddenText => (code, HandlerFaultTexts.OfHidden(code)),
            KitexAnswer.CancelledText => (code == ThriftStatusCode.Internal ? ThriftStatusCode.Cancelled : code, "The server cancelled the call."),
            KitexAnswer.ExpiredText => (code == ThriftStatusCode.Internal ? ThriftStatusCode.DeadlineExceeded : code, "The time limit of the call expired on the server."),
            _ => (code, rest.Length == text.Length ? text : rest.ToString()),
        };
    }

    private static bool TrySkip(ref ReadOnlySpan<char> text, string mark)
    {
        if (!text.StartsWith(mark, StringComparison.Ordinal))
        {
            return false;
        }

        text = text[mark.Length..];
        return true;
    }

    private static void SkipBracket(ref ReadOnlySpan<char> text, string mark)
    {
        if (text.StartsWith(mark, StringComparison.Ordinal) && text.IndexOf("] ", StringComparison.Ordinal) is >= 0 and var end)
        {
            text = text[(end + 2)..];
        }
    }

    private static bool TryReadNumber(ref ReadOnlySpan<char> text, string mark, string endMark, out int number)
    {
        number = 0;
        if (!text.StartsWith(mark, StringComparison.Ordinal)
            || text[mark.Length..].IndexOf(endMark, StringComparison.Ordinal) is not (>= 0 and var end)
            || !int.TryParse(text.Slice(mark.Length, end), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        text = text[(mark.Length + end + endMark.Length)..];
        return true;
    }
}
