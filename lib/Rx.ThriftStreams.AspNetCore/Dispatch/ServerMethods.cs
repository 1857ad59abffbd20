using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What the methods of all kinds have in common.</summary>
internal abstract class ServerMethod<TService, TRequest, TResponse>(
    ThriftMethod<TRequest, TResponse> method,
    Func<IServiceProvider, TService> activate,
    ThriftServerRuntime runtime,
    MethodGate? gate = null,
    MethodPolicy? policy = null) : ServerMethod(method, runtime, gate, policy)
    where TService : class
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    protected override ValueTask HandleAsync(ServerTransportCall call, ServerCallContext context, IServiceProvider services)
    {
        var stream = call.Bind(method);
        if (TimedServerStream<TRequest, TResponse>.IsWanted(Options))
        {
            stream = new TimedServerStream<TRequest, TResponse>(stream, context, Options);
        }

        if (MessagesPerSecond is { } perSecond)
        {
            stream = new LimitedServerStream<TRequest, TResponse>(stream, perSecond, Options.TimeProvider);
        }

        if (context.Observation is { } observation)
        {
            stream = new ObservedServerStream<TRequest, TResponse>(stream, observation);
        }

        return HandleAsync(Middleware?.Around(stream, context) ?? stream, context, activate(services));
    }

    protected abstract ValueTask HandleAsync(ServerTransportStream<TRequest, TResponse> stream, ServerCallContext context, TService service);

    /// <summary>Receives the only request of a method that has one.</summary>
    protected static async ValueTask<TRequest> ReceiveOnlyAsync(ServerTransportStream<TRequest, TResponse> stream, ServerCallContext context)
        => await stream.ReceiveAsync(context.CancellationToken).ConfigureAwait(false)
            ? stream.Current
            : throw new ThriftProtocolException($"The caller of {context.Method.FullName} ended its requests without sending the one that the method takes.");

    /// <summary>
    /// Sends every response. Each is encoded before the next is asked for, since a handler may use its objects again; but it goes on its way only when
    /// the next is not there at once, so that both can share a write.
    /// </summary>
    protected static async ValueTask SendAllAsync(
        ServerTransportStream<TRequest, TResponse> stream,
        ServerCallContext context,
        IAsyncEnumerable<TResponse>? responses)
    {
        var cancellationToken = context.CancellationToken;
        var enumerator = (responses ?? throw NullResults.Stream(context.Method)).GetAsyncEnumerator(cancellationToken);
        await using (enumerator.ConfigureAwait(false))
        {
            if (context.Observation is { } observation && enumerator is IDroppingSource dropping)
            {
                dropping.ReportTo(observation);
            }

            var next = enumerator.MoveNextAsync();
            while (await next.ConfigureAwait(false))
            {
                var isMoving = false;
                try
                {
                    await stream.SendAsync(enumerator.Current ?? throw NullResults.Message(context.Method), context.HeadersToSend, cancellationToken).ConfigureAwait(false);
                    context.SetHeadersSent();
                    next = enumerator.MoveNextAsync();
                    isMoving = !next.IsCompleted;
                    if (isMoving)
                    {
                        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                    }
                }
                catch (Exception error)
                {
                    if (error is CallerGoneException)
                    {
                        context.CancelWithCaller();
                    }

                    context.End();
                    if (isMoving)
                    {
                        // An enumerator may only be disposed when it is not moving.
                        await ((Task)next.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    }

                    throw;
                }
            }
        }
    }
}

/// <inheritdoc/>
internal sealed class BidirectionalServerMethod<TService, TRequest, TResponse>(
    ThriftMethod<TRequest, TResponse> method,
    Func<IServiceProvider, TService> activate,
    ThriftServerRuntime runtime,
    Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler)
    : ServerMethod<TService, TRequest, TResponse>(method, activate, runtime)
    where TService : class
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    protected override ValueTask HandleAsync(ServerTransportStream<TRequest, TResponse> stream, ServerCallContext context, TService service)
    {
        var requests = new RequestStream<TRequest, TResponse>(stream, context);
        return SendAllAsync(stream, context, handler(service, requests, context.CancellationToken));
    }
}

/// <inheritdoc/>
internal sealed class ServerStreamingServerMethod<TService, TRequest, TResponse>(
    ThriftMethod<TRequest, TResponse> method,
    Func<IServiceProvider, TService> activate,
    ThriftServerRuntime runtime,
    Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler)
    : ServerMethod<TService, TRequest, TResponse>(method, activate, runtime)
    where TService : class
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    protected override async ValueTask HandleAsync(ServerTransportStream<TRequest, TResponse> stream, ServerCallContext context, TService service)
    {
        var request = await ReceiveOnlyAsync(stream, context).ConfigureAwait(false);
        await SendAllAsync(stream, context, handler(service, request, context.CancellationToken)).ConfigureAwait(false);
    }
}

/// <inheritdoc/>
internal sealed class ClientStreamingServerMethod<TService, TRequest, TResponse>(
    ThriftMethod<TRequest, TResponse> method,
    Func<IServiceProvider, TService> activate,
    ThriftServerRuntime runtime,
    Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler)
    : ServerMethod<TService, TRequest, TResponse>(method, activate, runtime)
    where TService : class
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    protected override async ValueTask HandleAsync(ServerTransportStream<TRequest, TResponse> stream, ServerCallContext context, TService service)
    {
        var requests = new RequestStream<TRequest, TResponse>(stream, context);
        var handling = handler(service, requests, context.CancellationToken) ?? throw NullResults.Task(Method);
        var response = await handling.ConfigureAwait(false);

        // A handler that returns null answers nothing, as one that returns nil does in Go; the end says that all is well.
        if (response is not null)
        {
            await stream.SendAsync(response, context.HeadersToSend, context.CancellationToken).ConfigureAwait(false);
        }
    }
}

/// <inheritdoc/>
internal sealed class UnaryServerMethod<TService, TArguments, TResult>(
    ThriftMethod<TArguments, TResult> method,
    Func<IServiceProvider, TService> activate,
    ThriftServerRuntime runtime,
    Func<TService, TArguments, CancellationToken, Task<TResult>> handler)
    : ServerMethod<TService, TArguments, TResult>(method, activate, runtime)
    where TService : class
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    protected override async ValueTask HandleAsync(ServerTransportStream<TArguments, TResult> stream, ServerCallContext context, TService service)
    {
        var arguments = await ReceiveOnlyAsync(stream, context).ConfigureAwait(false);
        if (Method.IsOneway)
        {
            await context.AcknowledgeOnewayAsync().ConfigureAwait(false);
            await handler(service, arguments, context.CancellationToken).ConfigureAwait(false);
            return;
        }

        var result = await handler(service, arguments, context.CancellationToken).ConfigureAwait(false);
        await stream.SendAsync(result, context.HeadersToSend, context.CancellationToken).ConfigureAwait(false);
    }
}
