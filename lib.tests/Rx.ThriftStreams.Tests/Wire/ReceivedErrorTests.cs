using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Wire;

/// <summary>What Kitex's texts become for a caller of this library.</summary>
public sealed class ReceivedErrorTests
{
    [Theory]
    [InlineData(6, "biz error: rpc error: code = 9 desc = nope", null, ThriftStatusCode.FailedPrecondition, "nope")]
    [InlineData(6, "biz error: rpc error: code = 9 desc = nope [biz error]", null, ThriftStatusCode.FailedPrecondition, "nope")]
    [InlineData(6, "biz error: boom", null, ThriftStatusCode.Internal, "boom")]
    [InlineData(6, "biz error: boom", "5", ThriftStatusCode.NotFound, "boom")]
    [InlineData(6, "biz error: boom", "nonsense", ThriftStatusCode.Internal, "boom")]
    [InlineData(6, "biz error: context deadline exceeded", null, ThriftStatusCode.DeadlineExceeded, "The time limit of the call expired on the server.")]
    [InlineData(6, "biz error: context canceled", null, ThriftStatusCode.Cancelled, "The server cancelled the call.")]
    [InlineData(6, "biz error: [ttstream error, code=12007] [server-side stream] [canceled path: a -> b] gave up", null, ThriftStatusCode.Cancelled, "gave up")]
    [InlineData(6, "panic: [happened in biz handler, method=S.M, please check the panic at the server side] oh", null, ThriftStatusCode.Internal, "The handler of S.M failed: oh")]
    [InlineData(6, "panic: [happened in biz handler, method=S.M", null, ThriftStatusCode.Internal, "panic: [happened in biz handler, method=S.M")]
    [InlineData(6, "biz error: internal error", null, ThriftStatusCode.Internal, "The handler failed. Its server logs the reason, and does not send it to callers.")]
    [InlineData(6, "biz error: rpc error: code = 14 desc = internal error", "14", ThriftStatusCode.Unavailable, "A service that the handler calls is not available. Its server logs the reason, and does not send it to callers.")]
    [InlineData(6, "biz error: rpc error: code = 14 desc = internal error", null, ThriftStatusCode.Unavailable, "A service that the handler calls is not available. Its server logs the reason, and does not send it to callers.")]
    [InlineData(6, "biz error: rpc error: code = 4 desc = internal error", "4", ThriftStatusCode.DeadlineExceeded, "A call that the handler made took too long. Its server logs the reason, and does not send it to callers.")]
    [InlineData(6, "biz error: rpc error: code = 8 desc = internal error", "8", ThriftStatusCode.ResourceExhausted, "A call that the handler made failed. Its server logs the reason, and does not send it to callers.")]
    [InlineData(1, "unknown method M (service S)", null, ThriftStatusCode.Unimplemented, "unknown method M (service S)")]
    [InlineData(20, "unknown service S, method M", null, ThriftStatusCode.Unimplemented, "unknown service S, method M")]
    [InlineData(6, "", null, ThriftStatusCode.Internal, "The call ended with status 13 (Internal).")]
    public void Exception_OfKitex_HasItsStatusAndPlainText(int type, string text, string? status, ThriftStatusCode code, string message)
    {
        var error = ReceivedErrors.Of(new((ApplicationErrorType)type, text), status, new(type, text), ThriftMetadata.Empty);

        Assert.Equal((typeof(ThriftStatusException), code, message, text), (error.GetType(), error.StatusCode, error.Message, error.Kitex!.Text));
    }

    [Theory]
    [InlineData(1, "unknown method M", ThriftStatusCode.Unimplemented)]
    [InlineData(20, "unknown service S", ThriftStatusCode.Unimplemented)]
    [InlineData(1, "unknown method M [biz error]", ThriftStatusCode.Cancelled)]
    [InlineData(1, "context canceled", ThriftStatusCode.Cancelled)]
    [InlineData(20, "something else", ThriftStatusCode.UnknownService)]
    [InlineData(7, "*echo.Request read field 3 'message' error: unexpected EOF", ThriftStatusCode.Internal)]
    [InlineData(7, "*echo.Request read field 3 begin error: unexpected EOF", ThriftStatusCode.Internal)]
    [InlineData(7, "*echo.Request read struct begin error: unexpected EOF", ThriftStatusCode.Internal)]
    [InlineData(7, "*echo.Request field 3 skip type 99 error: unknown data type 99", ThriftStatusCode.Internal)]
    [InlineData(7, "required field Message is not set", ThriftStatusCode.Internal)]
    [InlineData(7, "unexpected EOF caught in FastCodec using SkipDecoder Buffer", ThriftStatusCode.Internal)]
    [InlineData(7, "unexpected EOF caught in SkipDecoder NextStruct phase", ThriftStatusCode.Internal)]
    [InlineData(7, "unknown protocol error", ThriftStatusCode.Internal)]
    [InlineData(7, "The caller may not call echo.TestService/Echo.", ThriftStatusCode.PermissionDenied)]
    [InlineData(7, "request forbidden: read field 3 first", ThriftStatusCode.PermissionDenied)]
    [InlineData(7, "The message is truncated (at byte 3). [biz error]", ThriftStatusCode.PermissionDenied)]
    [InlineData(13, "*echo.Request read field 3 'message' error: unexpected EOF", ThriftStatusCode.Internal)]
    public void Status_ThatIsANumberOfThrift_HasItsMeaning(int number, string text, ThriftStatusCode code)
        => Assert.Equal(code, ReceivedErrors.Of(number, text, ThriftMetadata.Empty, null).StatusCode);

    [Fact]
    public void Details_OfAStatus_CarryTheTextThatIsSentBesideThem()
    {
        byte[] details = [0x08, 9, 0x12, 4, .. "nope"u8, 0x1A, 3, 1, 2, 3];

        var marked = GoogleRpcStatus.WithMessage(details, "nope [biz error]");

        Assert.Equal([0x08, 9, 0x12, 16, .. "nope [biz error]"u8, 0x1A, 3, 1, 2, 3], marked.ToArray());
        Assert.Equal(details, GoogleRpcStatus.WithMessage(marked, "nope").ToArray());
        Assert.Equal(details, ReceivedErrors.Of(9, "nope [biz error]", ThriftMetadata.Empty, marked).Details!.Value.ToArray());
        Assert.Equal(2 + 200 + 1, GoogleRpcStatus.WithMessage(new byte[] { 0x12, 0 }, new string('x', 200)).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0809")]
    [InlineData("12ff")]
    [InlineData("ffffffffffffffffffff")]
    [InlineData("0b")]
    public void Details_WithoutAText_StayAsTheyAre(string hex)
    {
        var bytes = Convert.FromHexString(hex);

        Assert.Equal(bytes, GoogleRpcStatus.WithMessage(bytes, "text").ToArray());
    }

    [Theory]
    [InlineData("x", null)]
    [InlineData("0", null)]
    [InlineData("5", "[1]")]
    [InlineData("5", "{\"a\":1}")]
    public void BizStatus_Malformed_IsTheSameEverywhere(string status, string? extra)
    {
        var error = BizStatus.Read(status, "text", extra, ThriftStatusCode.Internal, 13, ThriftMetadata.Empty);

        Assert.Equal(status == "0" ? null : typeof(ThriftProtocolException), error?.GetType());
    }

    [Fact]
    public void LogText_ControlCharactersAndLength_AreTamed()
    {
        Assert.Equal("a\\u000Ab\\u001B[31m\\u2028é", LogText.Escape("a\nb\u001b[31m\u2028é"));
        Assert.Equal(1025, LogText.Escape(new string('x', 5000)).Length);
        Assert.Same("plain", LogText.Escape("plain"));
    }
}
