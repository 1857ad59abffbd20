using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson.Answers;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>One call that arrived as JSON over HTTP.</summary>
internal sealed class JsonServerCall : ServerTransportCall, IDrainedConnection, IDisposable
{
    /// <summary>The header with the deadline of the call, in milliseconds.</summary>
    internal const string TimeoutHeader = "thrift-timeout-ms";

    private readonly HttpContext _http;
    private readonly JsonExchange _exchange;
    private readonly JsonMethod _method;
    private readonly ThriftServerOptions _options;
    private readonly ServerConnection _connection;
    private readonly ConnectionDrain _drain;
    private readonly CancellationTokenSource _over;
    private ThriftDynamicException? _declared;
    private bool _isComplete;

    internal JsonServerCall(HttpContext http, JsonMethod method, JsonExchange exchange, TimeSpan? timeout, ThriftServerRuntime runtime)
    {
        var options = runtime.Options;
        _http = http;
        _exchange = exchange;
        _method = method;
        _options = options;
        _connection = ServerConnection.Of(http, ThriftProtocols.HttpJson);
        _over = CancellationTokenSource.CreateLinkedTokenSource(exchange.Aborted);
        Aborted = _over.Token;
        _drain = new ConnectionDrain(this, options);
        _drain.Watch(runtime.Stopping);
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

    internal override CancellationToken Aborted { get; }

    internal override ThriftException AbortReason => _drain.IsCutOff && !_exchange.Aborted.IsCancellationRequested
        ? ServerStop.Reason()
        : new ThriftStatusException(ThriftStatusCode.Cancelled, $"The caller {Peer} cancelled the call or closed its connection.");

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

    /// <summary>The server stops: the call has the time that calls over other transports have. Kestrel alone would wait for it as long as the host does.</summary>
    void IDrainedConnection.OnDrain(DrainStage stage)
    {
        if (stage == DrainStage.CutOff)
        {
            // Not on this thread: what was registered with the token is user code.
            _ = _over.CancelAsync();
        }
        else if (stage == DrainStage.Aborted)
        {
            _http.Abort();
        }
    }

    /// <summary>The call has ended. The source of its token is not disposed: a stage may begin meanwhile.</summary>
    public void Dispose() => _drain.Dispose();
}
