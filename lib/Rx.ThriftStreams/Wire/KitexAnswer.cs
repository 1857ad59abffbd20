using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Wire;

/// <summary>Which of Kitex's protocols carries an answer: each has its own numbers and marks.</summary>
internal enum KitexProtocol
{
    Grpc,
    Streaming,
    PingPong,
}

/// <summary>How a call ended, worded like Kitex's server. Protocols only encode it.</summary>
/// <param name="Number">The number: a status over gRPC, the type of an application exception elsewhere.</param>
/// <param name="Text">The text; <see langword="null"/> after success, and where a business error is sent only as pairs.</param>
/// <param name="Status">The status; <see cref="ThriftStatusCode.OK"/> after success.</param>
/// <param name="Biz">The business error, if it is one.</param>
internal readonly record struct KitexAnswer(int Number, string? Text, ThriftStatusCode Status, ThriftBizStatusException? Biz = null)
{
    // Kitex marks errors that a handler returned, so that a caller can distinguish them from errors of the framework.
    internal const string GrpcHandlerMark = " [biz error]";
    internal const string HandlerMark = "biz error: ";
    internal const string StatusMark = "rpc error: code = ";
    internal const string StatusTextMark = " desc = ";
    internal const string PanicMark = "panic: [happened in biz handler, method=";
    internal const string PanicEnd = ", please check the panic at the server side]";
    internal const string HiddenText = ServerCallOutcome.HiddenText;
    internal const string CancelledText = "context canceled";
    internal const string ExpiredText = "context deadline exceeded";

    /// <summary>Translates the outcome of a call.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="protocol">What carries the answer.</param>
    /// <param name="method"><c>Service.Method</c>, as Kitex names methods in the text of a panic.</param>
    /// <param name="badMessage">Whether the error is that a message of the caller could not be decoded.</param>
    /// <param name="cancelled">Why the stream was cancelled, if it was: a Kitex handler then returns this error.</param>
    internal static KitexAnswer Of(in ServerCallOutcome outcome, KitexProtocol protocol, string method, bool badMessage = false, ThriftException? cancelled = null)
    {
        var isGrpc = protocol == KitexProtocol.Grpc;
        var status = outcome.Status.Code;
        switch (outcome.Error)
        {
            case null:
                return default;
            case ThriftBizStatusException biz:
                return new(isGrpc ? (int)biz.StatusCode : 0, isGrpc ? biz.Message : null, biz.StatusCode, biz);
            case RouteException route:
                var (number, text) = OfRoute(route, protocol);
                return new(number, text, status);
            case RefusedException refused:
                return isGrpc ? new((int)status, refused.Reason, status) : new((int)ApplicationErrorType.InternalError, refused.Message, status);
            case ThriftProtocolException protocolError when badMessage:
                // Kitex copies the number that Thrift has for a protocol error.
                return new((int)ApplicationErrorType.ProtocolError, protocolError.Message, status);
        }

        if (isGrpc)
        {
            return new((int)status, OfGrpc(outcome, method), status);
        }

        return cancelled is null
            ? new((int)ApplicationErrorType.InternalError, OfException(outcome, method), status)
            : new((int)ApplicationErrorType.InternalError, HandlerMark + TextOf(cancelled), cancelled.StatusCode);
    }

    /// <summary>An error in sending the answer itself, for instance headers that do not fit into a frame.</summary>
    internal static KitexAnswer Failed(ThriftException error) => new((int)ApplicationErrorType.InternalError, HandlerMark + error.Message, error.StatusCode);

    /// <summary>The pairs that accompany the error in a TTHeader: those of a business error, and the status for peers of this library.</summary>
    internal void AddPairsTo(List<KeyValuePair<string, string>> pairs)
    {
        if (Biz is not null)
        {
            BizStatus.AddTo(Biz, pairs, withMessage: true);
        }

        if (Biz is { StatusCode: not ThriftStatusCode.Internal } || Text is not null)
        {
            pairs.Add(new(Encoding.UTF8.GetString(TTHeaderStringKeys.Status), ((int)Status).ToString(CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Appends a TRAILER.</summary>
    internal void WriteTrailer(FrameBuffer buffer, int streamId, string method, ThriftMetadata trailers)
    {
        var frame = buffer.Begin(TTHeaderFrameType.Trailer, streamId, method);
        foreach (var (name, value) in trailers)
        {
            frame.AddString(name, value);
        }

        if (Status != ThriftStatusCode.OK)
        {
            var pairs = new List<KeyValuePair<string, string>>();
            AddPairsTo(pairs);
            foreach (var (name, value) in pairs)
            {
                frame.AddString(name, value);
            }
        }

        if (Text is null)
        {
            buffer.End();
        }
        else
        {
            buffer.End(method, streamId, Number, Text);
        }
    }

    private static string OfGrpc(in ServerCallOutcome outcome, string method) => outcome.Origin switch
    {
        ServerFaultOrigin.HandlerFault => Panic(outcome, method),
        ServerFaultOrigin.Cancelled => Cancelled(outcome),
        ServerFaultOrigin.Handler => Shown(outcome) + GrpcHandlerMark,
        _ => Shown(outcome),
    };

    private static string OfException(in ServerCallOutcome outcome, string method) => outcome switch
    {
        { Origin: ServerFaultOrigin.HandlerFault } => Panic(outcome, method),
        { Origin: ServerFaultOrigin.Cancelled } => HandlerMark + Cancelled(outcome),
        { Origin: ServerFaultOrigin.Handler, Error: ThriftStatusException { Kitex: not { IsStream: true, IsServerSide: true } } status }
            => string.Create(CultureInfo.InvariantCulture, $"{HandlerMark}{StatusMark}{(int)status.StatusCode}{StatusTextMark}{status.Message}"),
        { Error: ThriftException thrift } => HandlerMark + TextOf(thrift),
        _ => HandlerMark + Shown(outcome),
    };

    private static string TextOf(ThriftException error) => error.Kitex is { IsStream: true, IsServerSide: true } stream ? StreamErrors.Describe(stream) : error.Message;

    private static string Shown(in ServerCallOutcome outcome)
        => outcome.RevealDetails || outcome.Error is ThriftException ? outcome.Error!.Message : HiddenText;

    private static string Cancelled(in ServerCallOutcome outcome)
        => outcome.Status.Code == ThriftStatusCode.DeadlineExceeded ? ExpiredText : CancelledText;

    private static string Panic(in ServerCallOutcome outcome, string method)
        => $"{PanicMark}{method}{PanicEnd}{(outcome.RevealDetails ? $" {outcome.Error!.Message}" : string.Empty)}";

    private static (int Number, string Text) OfRoute(RouteException route, KitexProtocol protocol) => (route.Fault, protocol) switch
    {
        (RouteFault.UnknownService, KitexProtocol.PingPong) => ((int)ApplicationErrorType.UnknownService, $"unknown service {route.Service}, method {route.Method}"),
        (RouteFault.UnknownService, _) => ((int)ApplicationErrorType.UnknownService, $"unknown service {route.Service}"),
        (RouteFault.UnknownMethod, KitexProtocol.PingPong) => ((int)ApplicationErrorType.UnknownMethod, $"unknown method {route.Method} (service {route.Service})"),
        (RouteFault.UnknownMethod, _) => ((int)ApplicationErrorType.UnknownMethod, $"unknown method {route.Method}"),
        (RouteFault.NotAStream, _) => ((int)ApplicationErrorType.UnknownMethod, $"unknown method {route.Method}: it is not a stream, call it by ping-pong"),
        _ => ((int)ApplicationErrorType.UnknownMethod, $"{route.Service}.{route.Method} is a thrift streaming method, please call it as a stream"),
    };
}
