namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The implementations that were made for the call of a scope without being registered: they are disposed with the scope.</summary>
internal sealed class ScopedInstances : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<object> _instances = [];

    internal T Add<T>(T instance)
        where T : class
    {
        if (instance is IDisposable or IAsyncDisposable)
        {
            // The middleware of both directions may be made at the same time.
            lock (_gate)
            {
                _instances.Add(instance);
            }
        }

        return instance;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
        {
            if (instance is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                ((IDisposable)instance).Dispose();
            }
        }
    }
}
