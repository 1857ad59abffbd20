using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>One gRPC call on Kestrel's HTTP/2.</summary>
internal sealed class GrpcServerCall : ServerTransportCall
{
    private const int Http2Cancel = 8;

    // Kitex's number for a stream that outlives the graceful shutdown of its server. Its client, and ours, report status 14.
    private const int Http2GracefulShutdown = 1000;

    private readonly HttpContext _http;
    private readonly ThriftServerOptions _options;
    private readonly GrpcConnection? _connection;
    private readonly long _startedAt;
    private ServerConnection? _serverConnection;
    private bool _headersWritten;
    private bool _completed;
    private long _held;

    internal GrpcServerCall(HttpContext http, TimeSpan? timeout, ThriftServerOptions options)
    {
        _http = http;
        _options = options;
        _connection = http.Features.Get<GrpcConnection>();
        Timeout = timeout;
        _startedAt = options.TimeProvider.GetTimestamp();
        foreach (var (name, values) in http.Request.Headers)
        {
            if (ThriftMetadataNames.IsReserved(name))
            {
                continue;
            }

            var lower = name.ToLowerInvariant();
            foreach (var value in values)
            {
                // The first pair of a key counts as metainfo, which handlers do not see as a header.
                if (value is not null && !GrpcMetaInfo.TryRead(lower, value, MetaInfo))
                {
                    RequestHeaders.AddReceived(lower, value);
                }
            }
        }

        SendsGzip = options.Grpc.CompressResponses && AcceptsGzip(http.Request.Headers["grpc-accept-encoding"].ToString());
    }

    internal override string Transport => GrpcTransport.Descriptor.Name;

    internal override string Peer
    {
        get
        {
            var endpoint = _http.Connection;
            return _connection?.NameOf(endpoint.RemoteIpAddress, endpoint.RemotePort) ?? PeerName.Of(endpoint.RemoteIpAddress, endpoint.RemotePort).Text;
        }
    }

    internal override ThriftServerConnection Connection => _serverConnection ??= ServerConnection.Of(_http, ThriftProtocols.Grpc);

    internal override bool IsOverConnectionLimit => _connection is { IsOverLimit: true };

    internal override string CallerService => RequestHeaders.TryGetValue("source-service", out var caller) ? caller : string.Empty;

    internal override ThriftMetadata RequestHeaders { get; } = new();

    internal override ThriftMetaInfo MetaInfo { get; } = new();

    internal override TimeSpan? Timeout { get; }

    internal override CancellationToken Aborted => _http.RequestAborted;

    internal override ThriftException AbortReason => _connection is { Drain.IsCutOff: true }
        ? ServerStop.Reason()
        : _http.Features.Get<IConnectionLifetimeFeature>() is { ConnectionClosed.IsCancellationRequested: true }
            ? new ThriftTransportException(ThriftStatusCode.Cancelled, $"The connection to the caller {Peer} was lost.")
            : new ThriftStatusException(ThriftStatusCode.Cancelled, $"The caller {Peer} cancelled the call.");

    /// <summary>Whether a request could not be decoded, for which Kitex has its own status.</summary>
    internal bool HasBadMessage { get; set; }

    /// <summary>Whether responses wait for room that the caller does not make.</summary>
    internal bool IsStuck { get; set; }

    /// <summary>Whether the messages that are sent are compressed.</summary>
    internal bool SendsGzip { get; }

    internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        => new GrpcServerStream<TRequest, TResponse>(
            this,
            _http.Request.BodyReader,
            _http.Response.BodyWriter,
            GrpcDecompression.For(_http.Request.Headers["grpc-encoding"].ToString()),
            _options.Limits.Message);

    /// <summary>The call has begun.</summary>
    internal void Begin() => _connection?.Drain.Enter(this);

    /// <summary>The server does not wait any longer.</summary>
    internal void CutOff() => GrpcReset.Send(_http, Http2GracefulShutdown);

    internal override void OnCallerGone() => _connection?.CountReset();

    /// <summary>
    /// The call holds that much of a message that has not arrived completely. Kestrel has given the peer new credit for it, so that no window bounds it.
    /// </summary>
    /// <exception cref="ThriftStatusException">The connection, or the server, holds too much.</exception>
    internal void Hold(long bytes)
    {
        if (_connection is not { } connection || bytes == _held)
        {
            return;
        }

        var more = bytes - _held;
        if (more < 0)
        {
            connection.Memory.Return(-more);
        }
        else if (!connection.Memory.TryTake(more))
        {
            throw new ThriftStatusException(
                ThriftStatusCode.ResourceExhausted,
                $"The connection or the server holds too much of messages that have not arrived completely: the limits are {nameof(ThriftServerLimits.MaxConnectionMemory)} and {nameof(ThriftServerLimits.MaxTotalMemory)}.");
        }

        _held = bytes;
    }

    internal override async ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        WriteHeaders(headers);
        await _http.Response.BodyWriter.FlushAsync(_http.RequestAborted).ConfigureAwait(false);
    }

    internal override async ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers)
    {
        Hold(0);
        if (_connection?.Drain.Leave(this, HasTime()) is { } ending)
        {
            await ending.WaitAsync(_http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_completed || _http.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        _completed = true;
        if (IsStuck)
        {
            // A status would wait for the messages before it, perhaps for ever.
            GrpcReset.Send(_http, Http2Cancel);
            return;
        }

        // Without a message and without headers of the handler, status and trailers are all there is: Trailers-Only.
        var trailersOnly = !_headersWritten && headers.Count == 0;
        if (!_headersWritten)
        {
            WriteHeaders(headers, trailersOnly);
        }

        var answer = KitexAnswer.Of(outcome, KitexProtocol.Grpc, NameOf(outcome), HasBadMessage);
        if (_options.Grpc.UseStandardUnimplementedStatus && outcome.Error is RouteException)
        {
            answer = answer with { Number = (int)ThriftStatusCode.Unimplemented };
        }

        GrpcStatusWriter.Write(_http.Response, trailersOnly, outcome, answer, trailers);
        try
        {
            await _http.Response.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The caller disconnected while its answer was being sent: the error cannot be reported to it.
        }
    }

    internal override ValueTask AcknowledgeOnewayAsync() => CompleteAsync(ServerCallOutcome.Success, ThriftMetadata.Empty, ThriftMetadata.Empty);

    /// <summary>Puts the response headers in place once; they go out with the first flush.</summary>
    internal void WriteHeaders(ThriftMetadata headers, bool trailersOnly = false)
    {
        if (_headersWritten)
        {
            return;
        }

        _headersWritten = true;
        var response = _http.Response;
        response.ContentType = GrpcFrame.ContentType;
        if (SendsGzip && !trailersOnly)
        {
            response.Headers["grpc-encoding"] = "gzip";
        }

        foreach (var (name, value) in headers)
        {
            GrpcStatusWriter.Append(response.Headers, name, value);
        }
    }

    /// <summary><c>Service.Method</c>, where the answer names it.</summary>
    private string NameOf(in ServerCallOutcome outcome)
        => outcome.Origin == ServerFaultOrigin.HandlerFault && GrpcPath.TryParse(_http.Request.Path.Value, out var service, out var method)
            ? $"{service}.{method}"
            : string.Empty;

    /// <summary>Whether the end of the call may come a little later.</summary>
    private bool HasTime()
        => Timeout is not { } timeout || timeout - _options.TimeProvider.GetElapsedTime(_startedAt) > 2 * _options.ShutdownNotice;

    private static bool AcceptsGzip(string accepted)
    {
        foreach (var range in accepted.AsSpan().Split(','))
        {
            var name = accepted.AsSpan(range);
            var parameters = name.IndexOf(';');
            if ((parameters < 0 ? name : name[..parameters]).Trim() is "gzip")
            {
                return true;
            }
        }

        return false;
    }
}
