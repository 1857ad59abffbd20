using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Calls the methods of a service whose IDL was loaded at run time, with messages as JSON, objects or bytes.</summary>
/// <remarks>
/// Thread-safe. Methods that return a stream are cold: each enumeration is a separate call. A service or method of another name, or of another kind, is an error before
/// anything is sent. To call a method without any schema, pass a <c>ThriftMethod&lt;ThriftDynamicMessage, ThriftDynamicMessage&gt;</c> to <see cref="ThriftInvoker"/>.
/// </remarks>
public sealed class ThriftDynamicClient
{
    private readonly ThriftDynamicJsonOptions _json;

    /// <summary>Creates a client.</summary>
    /// <param name="channel">The channel that its calls use.</param>
    /// <param name="service">The service.</param>
    /// <param name="options">Options that its calls inherit, over those of the channel.</param>
    /// <param name="json">How JSON is converted; the defaults if <see langword="null"/>.</param>
    public ThriftDynamicClient(ThriftChannel channel, ThriftServiceSchema service, ThriftCallOptions? options = null, ThriftDynamicJsonOptions? json = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        Invoker = new ThriftInvoker(channel, options);
        Service = service;
        _json = json ?? ThriftDynamicJsonOptions.Default;
    }

    /// <summary>The service.</summary>
    public ThriftServiceSchema Service { get; }

    /// <summary>Makes the calls. Use it with <see cref="ThriftMethodSchema.Method"/> for calls whose headers and trailers matter.</summary>
    public ThriftInvoker Invoker { get; }

    /// <summary>Calls a unary, ping-pong or oneway method.</summary>
    /// <param name="method">Its name in the IDL.</param>
    /// <param name="arguments">The arguments: a message of the kind of <see cref="ThriftMethodSchema.Request"/>.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The result; <see cref="ThriftDynamicMessage.Empty"/>, as soon as the transport has accepted the message, for a oneway method.</returns>
    /// <exception cref="ThriftSchemaException">The service has no such method, or it is a streaming one.</exception>
    /// <exception cref="ThriftDynamicException">The server answered with an exception that the method declares.</exception>
    /// <exception cref="ThriftException">The call failed.</exception>
    public async Task<ThriftDynamicMessage> CallAsync(
        string method,
        ThriftDynamicMessage arguments,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var schema = Find(method, isStream: false, ThriftStreamingMode.Unary);
        if (schema.Method.IsOneway)
        {
            await Invoker.SendOnewayAsync(schema.Method, arguments, options, cancellationToken).ConfigureAwait(false);
            return ThriftDynamicMessage.Empty;
        }

        return MethodResult.Received(schema, await Invoker.CallAsync(schema.Method, arguments, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Calls a server-streaming method.</summary>
    /// <inheritdoc cref="DuplexStreamingAsync"/>
    /// <param name="method">Its name in the IDL.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public IAsyncEnumerable<ThriftDynamicMessage> ServerStreamingAsync(
        string method,
        ThriftDynamicMessage request,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: true, ThriftStreamingMode.Server);
        return Invoker.ServerStreamingAsync(schema.Method, request, options, cancellationToken).Select(schema.AttachResponse);
    }

    /// <summary>Calls a client-streaming method: sends every request and returns the response.</summary>
    /// <inheritdoc cref="DuplexStreamingAsync"/>
    public async Task<ThriftDynamicMessage> ClientStreamingAsync(
        string method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: true, ThriftStreamingMode.Client);
        var response = await Invoker.ClientStreamingAsync(schema.Method, requests, options, cancellationToken).ConfigureAwait(false);
        return schema.AttachResponse(response);
    }

    /// <summary>Calls a bidirectional method.</summary>
    /// <param name="method">Its name in the IDL.</param>
    /// <param name="requests">The requests. Enumerated on the thread pool, concurrently with the responses, once for each call.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ThriftSchemaException">The service has no such method, or it is of another kind.</exception>
    /// <exception cref="ThriftException">The call failed.</exception>
    public IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(
        string method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: true, ThriftStreamingMode.Bidirectional);
        return Invoker.DuplexStreamingAsync(schema.Method, requests, options, cancellationToken).Select(schema.AttachResponse);
    }

    /// <summary>Calls a unary, ping-pong or oneway method with JSON.</summary>
    /// <param name="method">Its name in the IDL.</param>
    /// <param name="json">The only argument; an object of all arguments if there are several.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The result as JSON; <c>null</c> for a void or oneway method.</returns>
    /// <exception cref="ThriftJsonException">The JSON does not fit the arguments, or the result cannot be printed.</exception>
    /// <inheritdoc cref="CallAsync"/>
    public async Task<string> CallJsonAsync(string method, string json, ThriftCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: false, ThriftStreamingMode.Unary);
        var result = await CallAsync(method, ThriftDynamicMessage.FromJson(schema.Request, json, _json), options, cancellationToken).ConfigureAwait(false);
        return result.Schema is null ? "null" : result.ToJson(_json);
    }

    /// <summary>Calls a server-streaming method with JSON.</summary>
    /// <inheritdoc cref="DuplexStreamingJsonAsync"/>
    /// <param name="method">Its name in the IDL.</param>
    /// <param name="json">The request.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public IAsyncEnumerable<string> ServerStreamingJsonAsync(string method, string json, ThriftCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: true, ThriftStreamingMode.Server);
        return ServerStreamingAsync(method, ThriftDynamicMessage.FromJson(schema.Request, json, _json), options, cancellationToken).Select(ToJson);
    }

    /// <summary>Calls a client-streaming method with JSON.</summary>
    /// <inheritdoc cref="DuplexStreamingJsonAsync"/>
    public async Task<string> ClientStreamingJsonAsync(
        string method,
        IAsyncEnumerable<string> jsons,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: true, ThriftStreamingMode.Client);
        var response = await ClientStreamingAsync(method, FromJson(schema, jsons), options, cancellationToken).ConfigureAwait(false);
        return response.ToJson(_json);
    }

    /// <summary>Calls a bidirectional method with JSON.</summary>
    /// <param name="method">Its name in the IDL.</param>
    /// <param name="jsons">The requests. Enumerated on the thread pool, concurrently with the responses, once for each call.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ThriftSchemaException">The service has no such method, or it is of another kind.</exception>
    /// <exception cref="ThriftJsonException">The JSON does not fit the request, or a response cannot be printed.</exception>
    /// <exception cref="ThriftException">The call failed.</exception>
    public IAsyncEnumerable<string> DuplexStreamingJsonAsync(
        string method,
        IAsyncEnumerable<string> jsons,
        ThriftCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var schema = Find(method, isStream: true, ThriftStreamingMode.Bidirectional);
        return DuplexStreamingAsync(method, FromJson(schema, jsons), options, cancellationToken).Select(ToJson);
    }

    private string ToJson(ThriftDynamicMessage message) => message.ToJson(_json);

    private IAsyncEnumerable<ThriftDynamicMessage> FromJson(ThriftMethodSchema method, IAsyncEnumerable<string> jsons)
        => jsons.Select(json => ThriftDynamicMessage.FromJson(method.Request, json, _json));

    private ThriftMethodSchema Find(string name, bool isStream, ThriftStreamingMode mode)
    {
        var method = Service.GetMethod(name);
        if (isStream ? method.Mode != mode : method.Method.IsStreaming)
        {
            throw new ThriftSchemaException($"{method} is a method of the kind {method.Mode}, not {(isStream ? mode : "Unary or PingPong")}.");
        }

        return method;
    }
}
