using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Handles the calls for which there is no method. One per host; its endpoint has the conventions for all of these calls.</summary>
internal sealed class RawFallback(ThriftRawHandler handler, ThriftServerRuntime runtime)
{
    /// <summary>Replaces a name that the caller did not send.</summary>
    internal const string AnyName = "*";

    // Created once: callers choose the names of methods, and must not be able to create limits or endpoints for each.
    private readonly MethodGate _gate = runtime.Traffic.GateOf(Any);
    private MethodPolicy _policy = runtime.Policy;
    private CallAccess? _access;

    /// <summary>The metadata of the endpoint.</summary>
    internal static ThriftMethod Any { get; } = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>(string.Empty, AnyName, AnyName, StreamingMode.Bidirectional);

    /// <summary>The checks for all of the calls.</summary>
    internal CallAccess Access => _access ??= runtime.Access.Of(Any);

    internal void Configure(IEnumerable<object> metadata, IServiceProvider services) => _policy = MethodPolicy.Of(runtime.Options, metadata, services);

    /// <summary>The method of one call, as its caller names it.</summary>
    /// <param name="package">The package; empty if the caller did not send one.</param>
    /// <param name="service">The service; empty if the caller did not send one.</param>
    /// <param name="name">The method.</param>
    /// <param name="mode">How many messages each side sends.</param>
    /// <param name="isOneway">Whether no answer is sent.</param>
    internal ServerMethod For(string package, string service, string name, StreamingMode mode, bool isOneway)
    {
        var method = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>(package, service.Length == 0 ? AnyName : service, name.Length == 0 ? AnyName : name, mode, isOneway)
        {
            IsUnknown = true,
        };
        return new RawServerMethod(method, runtime, handler, this, _gate, _policy);
    }
}

/// <summary>The method of one call that the server does not have.</summary>
internal sealed class RawServerMethod(
    ThriftMethod<ThriftRawMessage, ThriftRawMessage> method,
    ThriftServerRuntime runtime,
    ThriftRawHandler handler,
    RawFallback fallback,
    MethodGate gate,
    MethodPolicy policy)
    : ServerMethod<ThriftRawHandler, ThriftRawMessage, ThriftRawMessage>(method, _ => handler, runtime, gate, policy)
{
    protected override CallAccess FindAccess() => fallback.Access.For(Method);

    protected override ValueTask HandleAsync(
        ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream,
        ServerCallContext context,
        ThriftRawHandler service)
    {
        var requests = new RequestStream<ThriftRawMessage, ThriftRawMessage>(stream, context);
        var responses = service(context, requests, context.CancellationToken);
        return Method.IsStreaming ? SendAllAsync(stream, context, responses) : SendOnlyAsync(stream, context, responses);
    }

    private async ValueTask SendOnlyAsync(
        ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream,
        ServerCallContext context,
        IAsyncEnumerable<ThriftRawMessage> responses)
    {
        var count = 0;
        await foreach (var response in responses.WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            if (++count > 1 || Method.IsOneway)
            {
                throw new ThriftProtocolException($"The raw handler returned more responses for {Method.FullName} than its caller takes.");
            }

            await stream.SendAsync(response, context.ResponseHeaders, context.CancellationToken).ConfigureAwait(false);
        }

        if (count == 0 && !Method.IsOneway)
        {
            throw new ThriftProtocolException($"The raw handler returned no response for {Method.FullName}.");
        }
    }
}
