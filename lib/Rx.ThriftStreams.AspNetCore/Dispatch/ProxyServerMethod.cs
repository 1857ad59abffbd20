using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>A method whose calls are forwarded to another server: messages as bytes, whatever the transports on both sides.</summary>
/// <param name="method">The method as it is served here.</param>
/// <param name="target">The server.</param>
/// <param name="runtime">The host.</param>
/// <param name="rules">What it shares with others; <see langword="null"/> if it has an endpoint of its own.</param>
internal sealed partial class ProxyServerMethod(
    ThriftMethod<ThriftRawMessage, ThriftRawMessage> method,
    ProxyTarget target,
    ThriftServerRuntime runtime,
    RawMethodRules? rules = null)
    : ServerMethod<ProxyTarget, ThriftRawMessage, ThriftRawMessage>(method, _ => target, runtime, rules?.Gate, rules?.Policy)
{
    private const int HopId = 15;

    private readonly ThriftServerRuntime _runtime = runtime;

    // How many messages a stream has each way makes no difference to the server, and the caller decides it.
    private readonly ThriftMethod<ThriftRawMessage, ThriftRawMessage> _upstream = !method.IsStreaming || method.Mode == ThriftStreamingMode.Bidirectional
        ? method
        : new(method.Package, method.ServiceName, method.Name, ThriftStreamingMode.Bidirectional);

    protected override CallAccess FindAccess() => rules?.Access.For(Method) ?? base.FindAccess();

    protected override ValueTask HandleAsync(ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream, ServerCallContext context, ProxyTarget service)
    {
        ProxyNames.Check(Method);
        return Method.IsStreaming ? StreamAsync(stream, context)
            : Method.IsOneway ? SendOnewayAsync(stream, context)
            : CallAsync(stream, context);
    }

    private async ValueTask StreamAsync(ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream, ServerCallContext context)
    {
        var requests = new ProxyRequests(new(stream, context));
        try
        {
            var call = await StartAsync(context).ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                try
                {
                    RequestPump.Start(call, requests);
                    await SendAllAsync(stream, context, new ProxyResponses(call, context, target)).ConfigureAwait(false);
                }
                finally
                {
                    target.Return(call.Trailers, context.ResponseTrailers);
                }
            }
        }
        catch (Exception error) when (!requests.FailedWith(error))
        {
            throw Explain(error, context);
        }
    }

    private async ValueTask CallAsync(ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream, ServerCallContext context)
    {
        var request = await ReceiveOnlyAsync(stream, context).ConfigureAwait(false);
        try
        {
            var call = await StartAsync(context).ConfigureAwait(false);
            await using (call.ConfigureAwait(false))
            {
                try
                {
                    await SingleRequest.SendAsync(call, request).ConfigureAwait(false);
                    var response = await call.Responses.ReceiveSingleAsync().ConfigureAwait(false);
                    target.Return(await call.Headers.ConfigureAwait(false), context.ResponseHeaders);
                    await stream.SendAsync(response, context.HeadersToSend, context.CancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    target.Return(call.Trailers, context.ResponseTrailers);
                    foreach (var (key, value) in call.Backward)
                    {
                        context.MetaInfo.Backward[key] = value;
                    }
                }
            }
        }
        catch (Exception error)
        {
            throw Explain(error, context);
        }
    }

    private async ValueTask SendOnewayAsync(ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream, ServerCallContext context)
    {
        var request = await ReceiveOnlyAsync(stream, context).ConfigureAwait(false);
        await context.AcknowledgeOnewayAsync().ConfigureAwait(false);
        try
        {
            await target.Invoker.SendOnewayAsync(_upstream, request, target.OptionsOf(context), context.CancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw Explain(error, context);
        }
    }

    private ValueTask<ClientCall<ThriftRawMessage, ThriftRawMessage>> StartAsync(ServerCallContext context)
        => target.Invoker.StartAsync(_upstream, target.OptionsOf(context), context.CancellationToken);

    /// <summary>The error for the caller. What it does not say is in the log.</summary>
    private Exception Explain(Exception error, ServerCallContext context)
    {
        var explained = ProxyFaults.Explain(error, context);
        if (explained is ThriftStatusException && !ReferenceEquals(explained, error) && _runtime.Entries.TryTake(HopId, LogLevel.Warning))
        {
            LogHop(_runtime.Logger, Method.FullName, context.Peer, LogText.Escape(error.Message));
        }

        return explained;
    }

    [LoggerMessage(HopId, LogLevel.Warning, "A call of {Method} from {Peer} could not be forwarded: {Reason}", EventName = "ProxyCallFailed")]
    private static partial void LogHop(ILogger logger, string method, string peer, string reason);
}
