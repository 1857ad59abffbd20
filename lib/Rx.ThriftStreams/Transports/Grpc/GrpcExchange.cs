using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Grpc.Core;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// The state that one call shares with its HTTP exchange. Grpc.Net.Client is between the two:
/// the handler finds the exchange through the execution context that the call was started in.
/// </summary>
internal sealed class GrpcExchange
{
    private static readonly AsyncLocal<GrpcExchange?> CurrentExchange = new();

    private readonly GrpcConnectionState _connections;
    private TaskCompletionSource? _connected;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource? _sent;
    private TaskCompletionSource<ThriftMetadata>? _headers;
    private HttpResponseMessage? _response;
    private bool _isConnected;
    private bool _isAnswered;

    /// <param name="method">The method that is called.</param>
    /// <param name="start">What is sent with the request.</param>
    /// <param name="authority">The <c>:authority</c>; <see langword="null"/> for the server's address.</param>
    /// <param name="connections">Is notified when a connection accepts the request.</param>
    internal GrpcExchange(ThriftMethod method, ClientCallStart start, string? authority, GrpcConnectionState connections)
    {
        Start = start;
        Authority = authority;
        _connections = connections;
        Requests = new GrpcRequestSink(
            flows: method.TakesStream,
            gathers: start.Options.NoDelay != true,
            gzip: start.Options.Compressor == "gzip");
        _sent = method.IsOneway ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
    }

    internal static GrpcExchange? Current
    {
        get => CurrentExchange.Value;
        set => CurrentExchange.Value = value;
    }

    internal ClientCallStart Start { get; }

    internal string? Authority { get; }

    /// <summary>The path of the request, where Grpc.Net.Client knows only a placeholder; <see langword="null"/> otherwise.</summary>
    internal string? Path { get; set; }

    internal GrpcRequestSink Requests { get; }

    /// <summary>Whether the request has reached <see cref="GrpcThriftHandler"/>. A channel that is being disposed may fail a call before that.</summary>
    internal bool IsHandled { get; set; }

    /// <summary>Reads the response's messages; <see langword="null"/> before there is one, and if it is not gRPC.</summary>
    internal GrpcResponseReader? Responses { get; private set; }

    /// <summary>Completes when a connection has accepted the request headers; fails when connecting failed. Call it before the request is sent.</summary>
    internal Task WatchConnection() => (_connected = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Whether the call waits for its connection and enforces the connect timeout itself.</summary>
    internal bool Waits => _connected is not null;

    /// <summary>Why no connection handled the request; <see langword="null"/> if one did, or the call was cancelled.</summary>
    internal HttpRequestException? ConnectError { get; private set; }

    /// <summary>The error of the last connection if it never answered, and the likely fix; <see langword="null"/> if one has answered.</summary>
    internal string? ConnectionHint => _response is null ? _connections.Hint : null;

    /// <summary>Completes when the response has begun, or it is certain that it will not. Never fails.</summary>
    internal Task Answered => _answered.Task;

    internal Task<ThriftMetadata> Headers
    {
        get
        {
            var headers = LazyInitializer.EnsureInitialized(ref _headers, static () => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (Volatile.Read(ref _isAnswered))
            {
                headers.TrySetResult(ReadHeaders());
            }

            return headers.Task;
        }
    }

    /// <summary>Completes when the whole request of a oneway call has been handed to the connection; fails when it cannot be.</summary>
    internal Task Sent => _sent?.Task ?? throw new InvalidOperationException("Only oneway calls complete when they are sent.");

    internal ThriftMetadata Trailers => _response is { } response && ResetCode is null ? ReadTrailers(response) : ThriftMetadata.Empty;

    /// <summary>The HTTP/2 error code with which the server reset the stream after it had sent messages; <see langword="null"/> if it did not.</summary>
    internal uint? ResetCode
        => _response is { } response
        && response.TrailingHeaders.NonValidated.TryGetValues(GrpcResetTrailer.Name, out var values)
        && GrpcResetTrailer.TryRead(values.ToString(), out var code) ? code : null;

    /// <summary>The status that the response has, whether or not Grpc.Net.Client has come to it; <see langword="null"/> if it has none that can be read.</summary>
    internal Status? ReceivedStatus => TryGetProtocolTrailer("grpc-status", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
        ? new((StatusCode)code, TryGetProtocolTrailer("grpc-message", out var message) ? Uri.UnescapeDataString(message) : string.Empty)
        : null;

    /// <summary>The error if the response ended without a status, by Kitex's rules; <see langword="null"/> if there is one or no response came.</summary>
    internal ThriftStatusException? MissingStatus
    {
        get
        {
            if (_response is not { } response || TryGetProtocolTrailer("grpc-status", out _))
            {
                return null;
            }

            if (!IsGrpc(response, out var contentType))
            {
                var challenge = response.Headers.NonValidated.TryGetValues("www-authenticate", out var values) ? values.ToString() : null;
                return GrpcHttpStatus.Of((int)response.StatusCode, contentType, challenge);
            }

            return response.TrailingHeaders.NonValidated.Count > 0
                ? new(ThriftStatusCode.Unknown, "The server ended the call without a status.")
                : new(ThriftStatusCode.Internal, "server closed the stream without sending trailers");
        }
    }

    internal void SetConnected()
    {
        Volatile.Write(ref _isConnected, true);
        _connections.SetTaken();
        _connected?.TrySetResult();
    }

    /// <summary>Stops waiting for the connection.</summary>
    internal void CancelConnect(CancellationToken cancellationToken) => _connected?.TrySetCanceled(cancellationToken);

    internal void SetSent() => _sent?.TrySetResult();

    private void SetSendFailed(Exception error)
    {
        if (_sent is not null)
        {
            _sent.TrySetException(error);
            _ = _sent.Task.Exception;
        }
    }

    internal void SetFailed(Exception error)
    {
        // Also after a connection had accepted the request: if that connection ends first, HttpClient repeats on another what the server did not handle.
        ConnectError = _response is null && error is HttpRequestException failure && IsConnectError(failure.HttpRequestError) ? failure : null;
        if (!Volatile.Read(ref _isConnected))
        {
            _connected?.TrySetException(error);

            // The body, which would do that, was never read.
            Requests.Fail(error);
        }

        // Not earlier: HttpClient may have retried the request after its body had failed.
        SetSendFailed(error);
        SetAnswered();
    }

    internal void SetEnded() => SetAnswered();

    /// <summary>Releases the waiting caller of a oneway call. The request may still have to be written again.</summary>
    internal void SetOnewayEnded() => CompleteAnswered();

    internal void SetResponse(HttpResponseMessage response, GrpcResponseReader? messages)
    {
        _response = response;
        Responses = messages;

        // A server that refuses a call immediately ends its stream, possibly before the body of the request has reported the connection.
        SetConnected();
        SetAnswered();
    }

    /// <summary>Finds a trailer that belongs to the protocol and is therefore not part of <see cref="Trailers"/>.</summary>
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

    private void SetAnswered()
    {
        CompleteAnswered();
        Requests.SetAnswered();
    }

    /// <summary>Headers are available before any message is.</summary>
    private void CompleteAnswered()
    {
        Volatile.Write(ref _isAnswered, true);
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _headers)?.TrySetResult(ReadHeaders());
        _answered.TrySetResult();
    }

    private ThriftMetadata ReadHeaders()
        => _response is { } response && !IsTrailersOnly(response) ? Read(response.Headers.NonValidated) : ThriftMetadata.Empty;

    /// <summary>Whether the response is a gRPC response, whatever its status.</summary>
    internal static bool IsGrpc(HttpResponseMessage response, [NotNullWhen(true)] out string? contentType)
    {
        contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values) ? values.ToString() : null;
        return response.StatusCode == System.Net.HttpStatusCode.OK && contentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
    }

    /// <summary>Whether a request failed because connecting failed.</summary>
    private static bool IsConnectError(HttpRequestError kind) => kind
        is HttpRequestError.NameResolutionError
        or HttpRequestError.ConnectionError
        or HttpRequestError.SecureConnectionError
        or HttpRequestError.VersionNegotiationError;

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
