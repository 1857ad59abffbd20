using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.InProcess;

/// <summary>Calls the services of a host within the process: the dispatcher that other transports use, without a socket.</summary>
/// <param name="services">The services of the host.</param>
/// <param name="runtime">Its calls.</param>
/// <param name="options">The settings of the channel.</param>
/// <param name="sharesLog">Whether the channel logs where the host does.</param>
internal sealed class MemoryTransport(IServiceProvider services, ThriftServerRuntime runtime, ThriftChannelOptions options, bool sharesLog) : ClientTransport
{
    internal const string Name = "memory";
    internal const string PeerName = "in-memory";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<MemoryExchange, Task> _running = new();
    private volatile bool _disposed;

    internal override ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_disposed)
        {
            throw new ThriftConnectException(PeerName, new ObjectDisposedException(nameof(ThriftChannel)));
        }

        var exchange = new MemoryExchange(method, start);
        var call = new MemoryServerCall(exchange, options.ServiceName ?? string.Empty, runtime.Options, sharesLog);

        // Only what a wire would carry reaches the handler.
        // The entry comes first, because the handler's end removes it.
        _running[exchange] = Task.CompletedTask;
        using (ExecutionContext.SuppressFlow())
        {
            _running.TryUpdate(exchange, Task.Run(() => HandleAsync(exchange, call), CancellationToken.None), Task.CompletedTask);
        }

        if (_disposed)
        {
            exchange.Abort(Closed());
        }

        return new(new MemoryClientStream<TRequest, TResponse>(exchange, options.Limits.Message));
    }

    /// <summary>Ends the calls that are still running, and waits for their handlers for a limited time.</summary>
    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        var handlers = new List<Task>();
        foreach (var (exchange, handler) in _running)
        {
            exchange.Abort(Closed());
            handlers.Add(handler);
        }

        await ((Task)Task.WhenAll(handlers).WaitAsync(Patience, options.TimeProvider)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal static ThriftTransportException Closed() => new(ThriftStatusCode.Unavailable, "The in-memory connection was closed.");

    private async Task HandleAsync(MemoryExchange exchange, MemoryServerCall call)
    {
        try
        {
            if (runtime.Router.Find(exchange.Method.ServiceName, exchange.Method.Name, CallForm.Any, CallOrigin.InProcess, out var unknown) is not { } method)
            {
                var outcome = new ServerCallOutcome(unknown, ServerFaultOrigin.Framework, RevealDetails: true);
                await call.CompleteAsync(outcome, ThriftMetadata.Empty, ThriftMetadata.Empty).ConfigureAwait(false);
                return;
            }

            var own = new CallScope(services.GetRequiredService<IServiceScopeFactory>());
            await using (own.ConfigureAwait(false))
            {
                await method.InvokeAsync(call, own).ConfigureAwait(false);
            }
        }
        finally
        {
            _running.TryRemove(exchange, out _);
        }
    }
}
