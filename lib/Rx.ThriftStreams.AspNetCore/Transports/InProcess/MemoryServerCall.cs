using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.InProcess;

/// <summary>The server's side of a call within the process. Its ends read as they do over gRPC.</summary>
internal sealed class MemoryServerCall : ServerTransportCall
{
    private readonly MemoryExchange _exchange;
    private readonly ThriftServerOptions _options;
    private readonly bool _sharesLog;

    /// <param name="exchange">The call.</param>
    /// <param name="callerService">Who calls.</param>
    /// <param name="options">The settings of the server.</param>
    /// <param name="sharesLog">Whether the caller logs where the server does.</param>
    internal MemoryServerCall(MemoryExchange exchange, string callerService, ThriftServerOptions options, bool sharesLog)
    {
        _exchange = exchange;
        _options = options;
        _sharesLog = sharesLog;
        CallerService = callerService;
        RequestHeaders = MemoryExchange.CopyOf(exchange.Start.Headers);
        foreach (var (key, value) in exchange.Start.MetaInfo.TransientValues)
        {
            MetaInfo.Transient[key] = value;
        }

        foreach (var (key, value) in exchange.Start.MetaInfo.PersistentValues)
        {
            MetaInfo.Persistent[key] = value;
        }
    }

    internal override string Transport => MemoryTransport.Name;

    internal override string Peer => MemoryTransport.PeerName;

    internal override ThriftServerConnection Connection => ServerConnection.None;

    internal override string CallerService { get; }

    internal override ThriftMetadata RequestHeaders { get; }

    internal override ThriftMetaInfo MetaInfo { get; } = new();

    internal override TimeSpan? Timeout => _exchange.Start.Remaining;

    internal override CancellationToken Aborted => _exchange.Aborted;

    internal override ThriftException AbortReason => _exchange.AbortedWith is ThriftTransportException
        ? new ThriftTransportException(ThriftStatusCode.Cancelled, "The connection to the caller was lost: its channel or the server was closed.")
        : base.AbortReason;

    internal override ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        => new MemoryServerStream<TRequest, TResponse>(this, _exchange, _options.Limits.Message);

    internal override ValueTask SendHeadersAsync(ThriftMetadata headers)
    {
        _exchange.SetHeaders(headers);
        return default;
    }

    internal override ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers)
    {
        if (headers.Count > 0)
        {
            _exchange.SetHeaders(headers);
        }

        foreach (var (key, value) in MetaInfo.Backward)
        {
            _exchange.Backward[key] = value;
        }

        var sent = MemoryExchange.CopyOf(trailers);
        var error = ErrorFor(outcome, sent);
        if (error is not null)
        {
            // The dispatcher logs how a method fails before its call completes, and nothing of a method that it does not find.
            error.IsLogged = _sharesLog && outcome.Error is not RouteException;
        }

        _exchange.End(error, sent);
        return default;
    }

    /// <summary>The error that the caller would receive over gRPC.</summary>
    private ThriftException? ErrorFor(in ServerCallOutcome outcome, ThriftMetadata trailers)
    {
        var answer = KitexAnswer.Of(outcome, KitexProtocol.Grpc, $"{_exchange.Method.ServiceName}.{_exchange.Method.Name}");
        return answer switch
        {
            { Status: ThriftStatusCode.OK } => null,
            { Biz: { } biz } => new ThriftBizStatusException(biz.Code, biz.Message, biz.Extra, biz.StatusCode) { Details = biz.Details, Trailers = trailers },
            _ => ReceivedErrors.Of(answer.Number, answer.Text!, trailers, (outcome.Error as ThriftStatusException)?.Details),
        };
    }
}
