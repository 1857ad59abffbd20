using System.Globalization;
using Grpc.Core;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Interprets the ends of gRPC calls, by the rules of Kitex's client.</summary>
internal static class GrpcErrors
{
    /// <summary>The HTTP/2 error code with which a Kitex server ends the streams that outlive its graceful shutdown.</summary>
    private const long KitexGracefulShutdown = 1000;

    /// <summary>A server that does not speak HTTP/2 on the port answers with it.</summary>
    private const long Http11Required = 13;

    private const string SpeaksHttp11Only = "speaks HTTP/1.1 only there: gRPC needs a port for HTTP/2.";

    /// <summary>The error of a call whose connection could not be opened.</summary>
    /// <param name="peer">What was connected to.</param>
    /// <param name="error">Why that failed.</param>
    /// <param name="hint">What the connection itself knows about the reason.</param>
    internal static ThriftConnectException CannotConnect(string peer, Exception error, string? hint)
    {
        for (var cause = error; hint is null && cause is not null; cause = Cause(cause))
        {
            hint = cause is HttpProtocolException { ErrorCode: Http11Required } ? $"it {SpeaksHttp11Only}" : null;
        }

        return new(peer, hint is null ? error : new ConnectHint(hint, error));
    }

    internal static ThriftException ToThriftException(Exception error, GrpcExchange exchange, string peer)
    {
        // Grpc.Net.Client wraps errors of this library.
        for (var cause = error; cause is not null; cause = Cause(cause))
        {
            if (cause is ThriftException own)
            {
                return own;
            }

            if (cause is HttpProtocolException reset && exchange.ConnectionHint is null)
            {
                return FromReset(reset, peer, error);
            }
        }

        if (exchange.ConnectError is { } refused)
        {
            return CannotConnect(peer, refused, exchange.ConnectionHint);
        }

        if (error is not RpcException { Status.DebugException: null } && exchange.ConnectionHint is { } hint)
        {
            return new ThriftTransportException(ThriftStatusCode.Unavailable, $"The connection to {peer} was lost: {hint}", error);
        }

        return error switch
        {
            RpcException { Status.DebugException: null } when exchange.ResetCode is { } code => FromReset(code, peer, error),
            RpcException { Status.DebugException: null } rpc => FromStatus(rpc.Status, exchange),
            RpcException rpc => new ThriftTransportException(
                (ThriftStatusCode)(int)rpc.StatusCode, $"The connection to {peer} failed: {rpc.Status.Detail}", rpc),
            ObjectDisposedException => new ThriftTransportException(
                ThriftStatusCode.Unavailable, $"The call to {peer} cannot continue: the channel was disposed, or its connection closed.", error),
            _ => new ThriftTransportException(
                ThriftStatusCode.Unavailable, $"The call to {peer} cannot continue: {error.Message.TrimEnd('.')}.", error),
        };
    }

    private static Exception? Cause(Exception error) => error is RpcException rpc ? rpc.Status.DebugException : error.InnerException;

    private static ThriftException FromStatus(Status status, GrpcExchange exchange)
    {
        if (exchange.MissingStatus is { } missing)
        {
            return missing;
        }

        var trailers = exchange.Trailers;
        ReadOnlyMemory<byte>? details = exchange.TryGetProtocolTrailer("grpc-status-details-bin", out var encoded)
            && ThriftBase64.TryDecode(encoded, out var bytes) ? bytes : null;
        return BizStatus.Read(
            exchange.TryGetProtocolTrailer(BizStatus.StatusKey, out var biz) ? biz : null,
            status.Detail,
            exchange.TryGetProtocolTrailer(BizStatus.ExtraKey, out var extra) ? extra : null,
            (ThriftStatusCode)(int)status.StatusCode,
            (int)ThriftStatusCode.Internal,
            trailers,
            details) ?? ReceivedErrors.Of((int)status.StatusCode, status.Detail, trailers, details);
    }

    private static ThriftTransportException FromReset(HttpProtocolException reset, string peer, Exception error)
    {
        if (reset.Message.Contains("ping", StringComparison.OrdinalIgnoreCase))
        {
            return new(ThriftStatusCode.Unavailable, $"The connection to {peer} was lost: a PING was not answered in time.", error);
        }

        // Only the message (or, in an application without resources, its name) distinguishes a connection that was closed from a stream that was reset.
        if (reset.Message.Contains("connection", StringComparison.OrdinalIgnoreCase))
        {
            return new(
                ThriftStatusCode.Unavailable,
                reset.ErrorCode == Http11Required
                    ? $"{peer} {SpeaksHttp11Only}"
                    : string.Create(CultureInfo.InvariantCulture, $"{peer} closed the connection with HTTP/2 error code {reset.ErrorCode}."),
                error);
        }

        return FromReset(reset.ErrorCode, peer, error);
    }

    private static ThriftTransportException FromReset(long errorCode, string peer, Exception error)
    {
        var code = errorCode switch
        {
            0 or 1 or 2 or 4 or 5 or 6 or 9 or 10 or 13 => ThriftStatusCode.Internal,
            3 or 11 => ThriftStatusCode.ResourceExhausted,
            7 => ThriftStatusCode.Unavailable,
            8 => ThriftStatusCode.Cancelled,
            12 => ThriftStatusCode.PermissionDenied,
            KitexGracefulShutdown => ThriftStatusCode.Unavailable,
            _ => ThriftStatusCode.Unknown,
        };
        var text = errorCode == KitexGracefulShutdown
            ? $"{peer} ended the stream because it is shutting down."
            : string.Create(CultureInfo.InvariantCulture, $"{peer} ended the stream with HTTP/2 error code {errorCode}.");
        return new(code, text, error);
    }
}
