namespace Rx.ThriftStreams.Wire;

/// <summary>Kitex's numbers for the errors of TTHeader Streaming.</summary>
internal static class TTStreamCodes
{
    internal const int Application = 12001;
    internal const int UnexpectedHeader = 12002;
    internal const int IllegalBizError = 12003;
    internal const int IllegalFrame = 12004;
    internal const int IllegalOperation = 12005;
    internal const int TransportClosing = 12006;
    internal const int CanceledByUser = 12007;
    internal const int InternalCanceled = 12011;
    internal const int HandlerReturned = 12012;
    internal const int ConnectionLost = 12013;
    internal const int ReceiveTimeout = 12014;
    internal const int StreamTimeout = 12015;

    /// <summary>A reset without a payload.</summary>
    internal const int BareReset = 13;

    internal const string CanceledByUserText =
        "user code invoking stream RPC with context processed by context.WithCancel or context.WithTimeout, then invoking cancel() actively";

    /// <summary>The status that corresponds to a number.</summary>
    internal static ThriftStatusCode StatusOf(int code) => code switch
    {
        TransportClosing => ThriftStatusCode.Unavailable,
        ReceiveTimeout or StreamTimeout => ThriftStatusCode.DeadlineExceeded,
        >= CanceledByUser and <= ConnectionLost => ThriftStatusCode.Cancelled,
        _ => ThriftStatusCode.Internal,
    };
}
