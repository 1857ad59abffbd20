using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The scope of a call's services, which is made when the first of them is asked for: many handlers ask for none. Thread-safe; used until it is disposed of.</summary>
internal sealed class CallScope(IServiceScopeFactory scopes) : IKeyedServiceProvider, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private AsyncServiceScope? _scope;
    private bool _hasEnded;

    /// <summary>The services themselves.</summary>
    /// <exception cref="ObjectDisposedException">The call has ended.</exception>
    internal IServiceProvider Services
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_hasEnded, typeof(IServiceProvider));
                _scope ??= scopes.CreateAsyncScope();
                return _scope.Value.ServiceProvider;
            }
        }
    }

    public object? GetService(Type serviceType) => Services.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) => Services.GetKeyedService(serviceType, serviceKey);

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => Services.GetRequiredKeyedService(serviceType, serviceKey);

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _hasEnded = true;
        }

        return _scope?.DisposeAsync() ?? default;
    }
}
