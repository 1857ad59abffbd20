using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Rx.ThriftStreams.Metadata;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.AspNetCore.Grpc;

/// <summary>Writes the end of a call as the trailers that a Kitex server writes.</summary>
internal static class GrpcStatusWriter
{
    // Kitex marks what came out of a handler, so that a caller can tell it from an error of the framework.
    private const string HandlerMark = " [biz error]";

    internal static void Write(HttpResponse response, bool trailersOnly, in ServerCallOutcome outcome, bool badMessage, PathString path, ThriftMetadata trailers)
    {
        var (code, message) = Describe(outcome, badMessage, path);
        Append(response, trailersOnly, "grpc-status", code.ToString(CultureInfo.InvariantCulture));
        Append(response, trailersOnly, "grpc-message", GrpcPercentEncoding.Encode(message));
        if (outcome.Error is ThriftBizStatusException biz)
        {
            Append(response, trailersOnly, "biz-status", biz.Code.ToString(CultureInfo.InvariantCulture));
            if (biz.Extra.Count > 0)
            {
                Append(response, trailersOnly, "biz-extra", BizExtra.Format(biz.Extra));
            }
        }

        var details = outcome.Error switch
        {
            ThriftBizStatusException { Details: { } own } => own,
            ThriftStatusException { Details: { } own } => own,
            _ => ReadOnlyMemory<byte>.Empty,
        };
        if (!details.IsEmpty)
        {
            Append(response, trailersOnly, "grpc-status-details-bin", ThriftBase64.Encode(details.Span));
        }

        foreach (var (name, value) in trailers)
        {
            Append(response, trailersOnly, name, value);
        }
    }

    /// <summary>The status that the caller is told.</summary>
    internal static (int Code, string Message) Describe(in ServerCallOutcome outcome, bool badMessage, PathString path)
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
                    $"panic: [happened in biz handler, method={MethodOf(path)}, please check the panic at the server side]{text}");
            case var error:
                return ((int)ThriftStatusCode.Internal, (outcome.RevealDetails ? error.Message : "internal error") + HandlerMark);
        }
    }

    /// <summary><c>Service.Method</c> of a path, as Kitex names methods in such texts.</summary>
    private static string MethodOf(PathString path)
    {
        return GrpcPath.TryParse(path.Value, out var service, out var method) ? $"{service}.{method}" : path.ToString();
    }

    private static void Append(HttpResponse response, bool trailersOnly, string name, string value)
    {
        var fields = trailersOnly
            ? response.Headers
            : response.HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;

        // Appending would leave out a value that is empty, and grpc-message is always sent.
        fields[name] = fields.TryGetValue(name, out var values) ? StringValues.Concat(values, value) : value;
    }
}
