using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Rx.ThriftStreams.HttpJson.Answers;

/// <summary>Puts the metadata of a call into the headers of a response, except what belongs to HTTP itself.</summary>
internal static class ResponseHeaders
{
    /// <summary>What precedes the names of trailers that are known before the response begins.</summary>
    internal const string TrailerPrefix = "thrift-trailer-";

    internal static void Add(HttpResponse response, ThriftMetadata metadata, string prefix = "")
    {
        foreach (var (name, value) in metadata)
        {
            if (name is not ("keep-alive" or "upgrade" or "trailer" or "content-encoding" or "proxy-connection"))
            {
                var field = prefix + name;
                response.Headers[field] = response.Headers.TryGetValue(field, out var values) ? StringValues.Concat(values, value) : value;
            }
        }
    }
}
