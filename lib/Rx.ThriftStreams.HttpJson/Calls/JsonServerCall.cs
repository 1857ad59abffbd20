using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>One call that arrived as JSON over HTTP.</summary>
internal sealed class JsonServerCall : ServerTransportCall
{
    /// <summary>The header with the deadline of the call, in milliseconds.</summary>
    internal const string TimeoutHeader = "thrift-timeout-ms";

    private readonly JsonExchange _exchange;
    private readonly JsonMethod _method;
    private readonly ThriftServerOptions _options;
    private readonly ServerConnection _connection;
    private ThriftDynamicException? _declared;
    private bool _isComplete;

    internal JsonServerCall(HttpContext http, JsonMethod method, JsonExchange exchange, TimeSpan? timeout, ThriftServerOptions options)
    {
        _exchange = exchange;
        _method = method;
        _options = options;
        _connection = ServerConnection.Of(http, ThriftProtocols.HttpJson);
        Timeout = timeout;
        Host = http.Request.Host.Value;
        foreach (var (name, values) in http.Request.Headers)
        {
            var lower = name.ToLowerInvariant();
            foreach (var value in values)
            {
                if (value is not null && lower != TimeoutHeader && !GrpcMetaInfo.TryRead(lower, value, MetaInfo) && !ThriftMetadataNames.IsReserved(lower))
                {
                    RequestHeaders.AddReceived(lower, value);
                }
            }
        }
    }

    internal override string Transport => "http+json";

    internal override string Peer => _connection.Peer;

    internal override ThriftServerConnection Connection => _connection;

    internal override string? Host { get; }

    internal override string CallerService => RequestHeaders.TryGetValue("source-service", out var caller) ? caller : string.Empty;

    internal override ThriftMetadata RequestHeaders { get; } = new();

    internal override ThriftMetaInfo MetaInfo { get; } = new();

    internal override TimeSpan? Timeout { get; }

    internal override CancellationToken Aborted => _exchange.Aborted;

    internal override ThriftException AbortReason => new ThriftStatusException(ThriftStatusCode.Cancelled, $"The caller {Peer} cancelled the call or closed its connection.");

    /// <summary>Reads the deadline of a request.</summary>
    /// <returns>Whether it is valid, or there is none.</returns>
    internal static bool TryGetTimeout(HttpRequest request, out TimeSpan? timeout)
    {
        timeout = null;
        var text = request.Headers[TimeoutHeader].ToString();
        if (text.Length == 0)
        {
            return true;
        }

        var isValid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds > 0;
        timeout = TimeSpan.FromMilliseconds(milliseconds);
        return isValid;
    }

    internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        => new JsonServerStream<TRequest, TResponse>(this, _exchange, _method, _options.Limits);

    internal override ValueTask SendHeadersAsync(ThriftMetadata headers) => _exchange.SendHeadersAsync(headers);

    internal override ValueTask AcknowledgeOnewayAsync() => _exchange.AcknowledgeAsync();

    /// <summary>The handler has thrown an exception that the IDL declares.</summary>
    internal void SetDeclared(ThriftDynamicException declared) => _declared = declared;

    internal override async ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers)
    {
        if (_isComplete)
        {
            return;
        }

        _isComplete = true;
        var problem = outcome.Error is null && _declared is not null ? Problem.Of(_declared) : Problem.Of(outcome);
        try
        {
            await _exchange.CompleteAsync(problem, headers, trailers).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The caller went away while its answer was on the way: nobody is left to receive an error.
        }
    }
}
