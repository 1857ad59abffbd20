using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Wire;

/// <summary>The outcome of a server call as the status code and text that a Kitex server sends over gRPC.</summary>
internal static class GrpcStatusText
{
    // Kitex marks what came out of a handler, so that a caller can tell it from an error of the framework.
    private const string HandlerMark = " [biz error]";

    /// <summary>The status that the caller receives.</summary>
    /// <param name="outcome">How the call ended.</param>
    /// <param name="badMessage">Whether the error is that a message could not be decoded.</param>
    /// <param name="method"><c>Service.Method</c>, as Kitex names methods in the text of a panic.</param>
    internal static (int Code, string Message) Of(in ServerCallOutcome outcome, bool badMessage, string method)
    {
        switch (outcome.Error)
        {
            case null:
                return (0, string.Empty);
            case ThriftBizStatusException biz:
                return ((int)biz.StatusCode, biz.Message);
            case ThriftApplicationException application when outcome.Origin == ServerFaultOrigin.Handler:
                // Its number is no status: Kitex takes it for any other error.
                return ((int)ThriftStatusCode.Internal, application.Message + HandlerMark);
            case ThriftException thrift when outcome.Origin == ServerFaultOrigin.Handler:
                return ((int)thrift.StatusCode, thrift.Message + HandlerMark);
            case ThriftProtocolException protocol when badMessage:
                // Kitex copies the number that Thrift gives to a protocol error.
                return ((int)ThriftApplicationErrorType.ProtocolError, protocol.Message);
            case ThriftException thrift:
                return ((int)thrift.StatusCode, thrift.Message);
            case var error when outcome.Origin == ServerFaultOrigin.HandlerFault:
                var text = outcome.RevealDetails ? $" {error.Message}" : string.Empty;
                return ((int)ThriftStatusCode.Internal,
                    $"panic: [happened in biz handler, method={method}, please check the panic at the server side]{text}");
            case var error:
                return ((int)ThriftStatusCode.Internal, (outcome.RevealDetails ? error.Message : "internal error") + HandlerMark);
        }
    }
}
