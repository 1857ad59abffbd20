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
    internal static void Write(HttpResponse response, bool trailersOnly, in ServerCallOutcome outcome, in KitexAnswer answer, ThriftMetadata trailers)
    {
        Append(response, trailersOnly, "grpc-status", answer.Number.ToString(CultureInfo.InvariantCulture));
        Append(response, trailersOnly, "grpc-message", GrpcPercentEncoding.Encode(answer.Text ?? string.Empty));
        if (answer.Biz is { } biz)
        {
            var pairs = new List<KeyValuePair<string, string>>();
            BizStatus.AddTo(biz, pairs, withMessage: false);
            foreach (var (name, value) in pairs)
            {
                Append(response, trailersOnly, name, value);
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

    private static void Append(HttpResponse response, bool trailersOnly, string name, string value)
    {
        var fields = trailersOnly
            ? response.Headers
            : response.HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;

        // Appending would leave out a value that is empty, and grpc-message is always sent.
        fields[name] = fields.TryGetValue(name, out var values) ? StringValues.Concat(values, value) : value;
    }
}
