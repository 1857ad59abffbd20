using System.Buffers;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>The messages of a call that arrived as JSON: converted by the schema, so that generated and dynamic services are served alike.</summary>
internal sealed class JsonServerStream<TRequest, TResponse>(JsonServerCall call, JsonExchange exchange, JsonMethod method, ThriftServerLimits limits)
    : ServerTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly MessageLimits _messageLimits = limits.Message;
    private readonly ThriftDynamicJsonOptions _requestJson = method.Json with { MaxSize = Math.Min(method.Json.MaxSize, limits.MaxReceiveMessageSize) };
    private readonly ArrayBufferWriter<byte> _json = new();
    private TRequest? _current;
    private int _currentSize;

    internal override TRequest Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte>? received;
        try
        {
            received = await exchange.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw call.CallerGone(error);
        }

        if (received is not { } json)
        {
            return false;
        }

        try
        {
            var message = ThriftDynamicMessage.FromJson(method.Schema.Request, json.Span, _requestJson);
            _current = _messageLimits.Decode<TRequest>(message.Bytes.Span, ThriftProtocol.Binary, cancellationToken);
            _currentSize = json.Length;
            return true;
        }
        catch (ThriftJsonException error)
        {
            // Meant for the caller, whose JSON it is.
            throw new ThriftStatusException(error.StatusCode, error.Message, error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        ThriftDynamicMessage response;
        try
        {
            response = (message as ThriftDynamicMessage)?.WithSchema(method.Schema.Response) ?? ThriftDynamicMessage.From(message);
        }
        catch (ThriftProtocolException error)
        {
            throw ThriftProtocolException.UnsentResponse(error);
        }

        try
        {
            response = method.Schema.Receive(response);
        }
        catch (ThriftDynamicException declared)
        {
            call.SetDeclared(declared);
            return response.Bytes.Length;
        }

        _json.ResetWrittenCount();
        response.WriteJson(_json, method.Json);
        try
        {
            await exchange.SendAsync(_json.WrittenMemory, headers, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw call.CallerGone(error);
        }

        return _json.WrittenCount;
    }

    internal override async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await exchange.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw call.CallerGone(error);
        }
    }
}
