namespace Rx.ThriftStreams;

/// <summary>
/// A stream over TTHeader Streaming failed: Kitex's ttstream errors 12001–12015. Time limits and cancellations of this side are reported as
/// <see cref="ThriftTimeoutException"/> and <see cref="OperationCanceledException"/> instead; their numbers are what the peer is told.
/// </summary>
public sealed class ThriftStreamException : ThriftException
{
    private readonly bool _reset;

    internal ThriftStreamException(
        int code,
        string text,
        bool isServerSide,
        IReadOnlyList<string>? cancelPath = null,
        bool isReset = false,
        Exception? innerException = null)
        : base(Describe(code, text, isServerSide, cancelPath), innerException)
    {
        IsServerSide = isServerSide;
        Code = code;
        Text = text;
        CancelPath = cancelPath ?? [];
        _reset = isReset;
    }

    /// <summary>Whether it came to a handler through its own call, from its caller, and not through a call that it made.</summary>
    internal bool IsServerSide { get; }

    /// <summary>
    /// The number of the error: 12001 the peer's handler failed (its own error is the inner one), 12002–12006 the protocol was broken or the
    /// connection lost, 12007–12013 cancelled, 12014 and 12015 timed out. A peer may send others.
    /// </summary>
    public int Code { get; }

    /// <summary>The services that a cancellation came through, its origin first; empty if there was none or nobody told.</summary>
    public IReadOnlyList<string> CancelPath { get; }

    /// <summary>Whether somebody cancelled the stream: any reset, and 12007–12013.</summary>
    public bool IsCanceled => Code is >= TTStreamCodes.CanceledByUser and <= TTStreamCodes.ConnectionLost || (_reset && !IsTimeout && !IsProtocol);

    /// <summary>Whether a time limit expired: 12014 and 12015.</summary>
    public bool IsTimeout => Code is TTStreamCodes.ReceiveTimeout or TTStreamCodes.StreamTimeout;

    /// <summary>Whether the protocol was broken or the connection lost: 12002–12006.</summary>
    public bool IsProtocol => Code is >= TTStreamCodes.UnexpectedHeader and <= TTStreamCodes.TransportClosing;

    /// <summary>The nearest status of gRPC.</summary>
    public override ThriftStatusCode StatusCode => Code switch
    {
        TTStreamCodes.TransportClosing or TTStreamCodes.ConnectionLost => ThriftStatusCode.Unavailable,
        TTStreamCodes.ReceiveTimeout => ThriftStatusCode.ReceiveDeadlineExceeded,
        TTStreamCodes.StreamTimeout => ThriftStatusCode.DeadlineExceeded,

        // A server that shuts down refuses streams so.
        TTStreamCodes.Application when InnerException is ThriftApplicationException { Type: (ThriftApplicationErrorType)TTStreamCodes.TransportClosing }
            => ThriftStatusCode.Unavailable,
        TTStreamCodes.Application when InnerException is ThriftApplicationException own => own.StatusCode,
        _ => IsCanceled ? ThriftStatusCode.Cancelled : ThriftStatusCode.Internal,
    };

    /// <summary>The text without number, side and path: what is sent on.</summary>
    internal string Text { get; }

    private static string Describe(int code, string text, bool isServerSide, IReadOnlyList<string>? path)
    {
        var side = isServerSide ? "server" : "client";
        var through = path is { Count: > 0 } ? $"[canceled path: {string.Join(" -> ", path)}] " : string.Empty;
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[ttstream error, code={code}] [{side}-side stream] {through}{text}");
    }
}

/// <summary>The numbers of <see cref="ThriftStreamException"/>.</summary>
internal static class TTStreamCodes
{
    internal const int Application = 12001;
    internal const int UnexpectedHeader = 12002;
    internal const int IllegalBizError = 12003;
    internal const int IllegalFrame = 12004;
    internal const int IllegalOperation = 12005;
    internal const int TransportClosing = 12006;
    internal const int CanceledByUser = 12007;
    internal const int CanceledByDownstream = 12009;
    internal const int CanceledByUpstream = 12010;
    internal const int InternalCanceled = 12011;
    internal const int HandlerReturned = 12012;
    internal const int ConnectionLost = 12013;
    internal const int ReceiveTimeout = 12014;
    internal const int StreamTimeout = 12015;

    /// <summary>A reset without a payload.</summary>
    internal const int BareReset = 13;

    internal const string CanceledByUserText =
        "user code invoking stream RPC with context processed by context.WithCancel or context.WithTimeout, then invoking cancel() actively";
}
