using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Writes the end of a call as the trailers that a Kitex server writes.</summary>
internal static class GrpcStatusWriter
{
    internal static void Write(HttpResponse response, bool trailersOnly, in ServerCallOutcome outcome, bool badMessage, PathString path, ThriftMetadata trailers)
    {
        var method = outcome.Origin == ServerFaultOrigin.HandlerFault ? MethodOf(path) : string.Empty;
        var (code, message) = GrpcStatusText.Of(outcome, badMessage, method);
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
