using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>What a response means that is HTTP but not gRPC, by Kitex's rules: from the server's authentication, from a proxy, or from a server of something else.</summary>
internal static class GrpcHttpStatus
{
    private const int MaxChallengeLength = 256;

    /// <param name="status">The HTTP status code.</param>
    /// <param name="contentType">The type of the content; <see langword="null"/> if the response has none.</param>
    /// <param name="challenge">The value of <c>WWW-Authenticate</c>, with which a server says what is wrong with credentials; <see langword="null"/> if the response has none.</param>
    internal static ThriftStatusException Of(int status, string? contentType, string? challenge)
    {
        var (code, meaning) = status switch
        {
            400 => (ThriftStatusCode.Internal, "The server or a proxy could not understand the request"),
            401 => (ThriftStatusCode.Unauthenticated, "The call needs credentials that the server accepts: it carried none, or invalid ones"),
            403 => (ThriftStatusCode.PermissionDenied, "The server does not permit the caller to make this call"),
            404 => (ThriftStatusCode.Unimplemented, "No gRPC service is served at this address and path"),
            429 => (ThriftStatusCode.Unavailable, "The server or a proxy limits the rate of calls"),
            502 or 503 or 504 => (ThriftStatusCode.Unavailable, "A proxy did not reach the server, or the server is not available"),
            _ => (ThriftStatusCode.Unknown, "The server's answer is not gRPC"),
        };
        var content = contentType is null ? "no content-type" : $"content-type \"{contentType}\"";
        var reason = status is 401 or 403 && !string.IsNullOrWhiteSpace(challenge) ? $", WWW-Authenticate: {PeerText.Escape(challenge, MaxChallengeLength)}" : string.Empty;
        return new(code, $"{meaning} (HTTP status code {status}, {content}{reason}).");
    }
}
