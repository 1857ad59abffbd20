using Rx.ThriftStreams.Metadata;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// What one call and its HTTP exchange need to know of each other. Grpc.Net.Client stands between the two, and takes the place of
/// neither: the handler finds the exchange through the execution context that the call was started in.
/// </summary>
internal sealed class GrpcExchange(ClientCallStart start, string authority, bool sendsManyMessages)
{
    private static readonly AsyncLocal<GrpcExchange?> CurrentExchange = new();

    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ThriftMetadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpResponseMessage? _response;

    internal static GrpcExchange? Current
    {
        get => CurrentExchange.Value;
        set => CurrentExchange.Value = value;
    }

    internal ClientCallStart Start { get; } = start;

    internal string Authority { get; } = authority;

    /// <summary>Whether the method lets the client send any number of messages, so that they are worth gathering.</summary>
    internal bool SendsManyMessages { get; } = sendsManyMessages;

    /// <summary>Completes when a connection has taken the request headers; fails when none could be had.</summary>
    internal Task Connected => _connected.Task;

    internal Task<ThriftMetadata> Headers => _headers.Task;

    /// <summary>Completes when the whole request has been handed to the connection; fails when it cannot be.</summary>
    internal Task Sent => _sent.Task;

    /// <summary>Whether the response ended within a message.</summary>
    internal bool Truncated { get; set; }

    internal ThriftMetadata Trailers => _response is { } response ? ReadTrailers(response) : ThriftMetadata.Empty;

    /// <summary>The error if the response ended without a status, by Kitex's rules; <see langword="null"/> if there is one or no response came.</summary>
    internal ThriftStatusException? MissingStatus
    {
        get
        {
            if (_response is not { } response || TryGetProtocolTrailer("grpc-status", out _))
            {
                return null;
            }

            var status = (int)response.StatusCode;
            var contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values) ? values.ToString() : null;
            if (status != 200 || contentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
            {
                var code = status switch
                {
                    400 => ThriftStatusCode.Internal,
                    401 => ThriftStatusCode.Unauthenticated,
                    403 => ThriftStatusCode.PermissionDenied,
                    404 => ThriftStatusCode.Unimplemented,
                    429 or 502 or 503 or 504 => ThriftStatusCode.Unavailable,
                    _ => ThriftStatusCode.Unknown,
                };
                var type = contentType is null ? "no content-type" : $"content-type \"{contentType}\"";
                return new(code, $"The server's answer is not gRPC: HTTP status code {status}, {type}.");
            }

            return response.TrailingHeaders.NonValidated.Count > 0
                ? new(ThriftStatusCode.Unknown, "The server ended the call without a status.")
                : new(ThriftStatusCode.Internal, "server closed the stream without sending trailers");
        }
    }

    internal void SetConnected() => _connected.TrySetResult();

    internal void SetSent() => _sent.TrySetResult();

    internal void SetSendFailed(Exception error)
    {
        // Only oneway calls look at it.
        _sent.TrySetException(error);
        _ = _sent.Task.Exception;
    }

    internal void SetFailed(Exception error)
    {
        _connected.TrySetException(error);
        _headers.TrySetResult(ThriftMetadata.Empty);
    }

    internal void SetEnded() => _headers.TrySetResult(ThriftMetadata.Empty);

    internal void SetResponse(HttpResponseMessage response)
    {
        _response = response;
        _headers.TrySetResult(IsTrailersOnly(response) ? ThriftMetadata.Empty : Read(response.Headers.NonValidated));
    }

    /// <summary>Finds a trailer that belongs to the protocol and so is not part of <see cref="Trailers"/>.</summary>
    internal bool TryGetProtocolTrailer(string name, out string value)
    {
        if (_response is { } response)
        {
            var headers = IsTrailersOnly(response) ? response.Headers.NonValidated : response.TrailingHeaders.NonValidated;
            if (headers.TryGetValues(name, out var values))
            {
                value = values.ToString();
                return true;
            }
        }

        value = string.Empty;
        return false;
    }

    private static bool IsTrailersOnly(HttpResponseMessage response) => response.Headers.NonValidated.Contains("grpc-status");

    private static ThriftMetadata ReadTrailers(HttpResponseMessage response)
        => Read(IsTrailersOnly(response) ? response.Headers.NonValidated : response.TrailingHeaders.NonValidated);

    private static ThriftMetadata Read(System.Net.Http.Headers.HttpHeadersNonValidated headers)
    {
        var metadata = new ThriftMetadata();
        foreach (var (name, values) in headers)
        {
            var lower = name.ToLowerInvariant();
            if (!ThriftMetadataNames.IsReserved(lower))
            {
                foreach (var value in values)
                {
                    metadata.AddReceived(lower, value);
                }
            }
        }

        return metadata;
    }
}
