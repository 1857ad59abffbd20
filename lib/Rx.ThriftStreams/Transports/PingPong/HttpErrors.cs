using System.Globalization;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>What responses of HTTP mean that hold no Thrift message, by the rules that gRPC has for them.</summary>
internal static class HttpErrors
{
    internal static ThriftStatusException Of(HttpResponseHead head) => new(
        StatusOf(head.Status),
        string.Create(CultureInfo.InvariantCulture, $"The server answered with HTTP status {head.Status} ({head.Reason}), not with a Thrift message."));

    private static ThriftStatusCode StatusOf(int status) => status switch
    {
        400 or 415 => ThriftStatusCode.Internal,
        401 => ThriftStatusCode.Unauthenticated,
        403 => ThriftStatusCode.PermissionDenied,
        404 or 405 => ThriftStatusCode.Unimplemented,
        413 => ThriftStatusCode.ResourceExhausted,
        429 or 502 or 503 or 504 => ThriftStatusCode.Unavailable,
        _ => ThriftStatusCode.Unknown,
    };
}
