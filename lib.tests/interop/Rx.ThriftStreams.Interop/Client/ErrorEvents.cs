using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>Tells of an error in the client's lines.</summary>
public static class ErrorEvents
{
    /// <summary>What Kitex calls the end of a stream whose context was cancelled.</summary>
    private const string CancelledStream = "[ttstream error, code=12007] [client-side stream] "
        + "user code invoking stream RPC with context processed by context.WithCancel or context.WithTimeout, then invoking cancel() actively";

    /// <summary>Writes what an error says.</summary>
    public static void Write(EventWriter events, Exception error, string transport, bool ofStream)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(error);
        switch (error)
        {
            case SinkException sink:
                events.Declared(nameof(SinkException), PayloadJson.Of(sink));
                break;
            case OtherException other:
                events.Declared(nameof(OtherException), PayloadJson.Of(other));
                break;
            case ThriftBizStatusException biz:
                events.BizError(biz.Code, biz.Message, biz.Extra);
                if (transport == "grpc")
                {
                    events.Status(biz.StatusCode, biz.Message);
                }

                break;
            case ThriftException { Kitex: { } kitex } when transport == "grpc":
                events.Status((ThriftStatusCode)kitex.Code, kitex.Text);
                break;
            case ThriftException { Kitex: { } kitex } when ofStream && transport == "ttheader-streaming":
                var path = kitex.CancelPath.Count > 0 ? $"[canceled path: {string.Join(" -> ", kitex.CancelPath)}] " : string.Empty;
                events.StreamError(kitex.Code, $"[ttstream error, code={kitex.Code}] [client-side stream] {path}{kitex.Text}");
                break;
            case ThriftException { Kitex: { } kitex }:
                events.ApplicationError(kitex.Code, kitex.Text);
                break;
            case ThriftTimeoutException timeout:
                events.Timeout(timeout.Kind);
                break;
            case ThriftException thrift:
                events.Status(thrift.StatusCode, thrift.Message);
                break;
            case OperationCanceledException when ofStream && transport == "ttheader-streaming":
                events.StreamError(12007, CancelledStream);
                break;
            case OperationCanceledException:
                events.Status(ThriftStatusCode.Cancelled, "context canceled");
                break;
            default:
                events.Status(ThriftStatusCode.Unknown, $"{error.GetType().Name}: {error.Message}");
                break;
        }
    }
}
