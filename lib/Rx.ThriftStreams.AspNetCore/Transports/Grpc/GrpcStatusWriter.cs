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
        var fields = trailersOnly
            ? response.Headers
            : response.HttpContext.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
        Append(fields, "grpc-status", answer.Number.ToString(CultureInfo.InvariantCulture));
        Append(fields, "grpc-message", GrpcPercentEncoding.Encode(answer.Text ?? string.Empty));
        if (answer.Biz is { } biz)
        {
            var pairs = new List<KeyValuePair<string, string>>();
            BizStatus.AddTo(biz, pairs, withMessage: false);
            foreach (var (name, value) in pairs)
            {
                Append(fields, name, value);
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
            // As in Kitex, the text in the details is the one that is sent beside them.
            Append(fields, "grpc-status-details-bin", ThriftBase64.Encode(GoogleRpcStatus.WithMessage(details, answer.Text ?? string.Empty).Span));
        }

        foreach (var (name, value) in trailers)
        {
            Append(fields, name, value);
        }
    }

    /// <summary>Adds a field, also one whose value is empty, which <see cref="HeaderDictionaryExtensions.Append"/> would leave out.</summary>
    internal static void Append(IHeaderDictionary fields, string name, string value)
        => fields[name] = fields.TryGetValue(name, out var values) ? StringValues.Concat(values, value) : value;
}
