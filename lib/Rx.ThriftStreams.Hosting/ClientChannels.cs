using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>The channels of a container by the names of their clients. Closes them when it is disposed.</summary>
internal sealed class ClientChannels(IOptionsMonitor<ThriftClientOptions> options) : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ThriftChannel>> _channels = new(StringComparer.Ordinal);
    private int _disposed;

    /// <summary>The channel of a name, which is created when it is first needed.</summary>
    internal ThriftChannel Get(string name)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var created = _channels.GetOrAdd(
            name,
            static (name, options) => new Lazy<ThriftChannel>(
                () =>
                {
                    var settings = options.Get(name);
                    return ThriftChannel.ForAddress(settings.Address!, settings.Channel);
                },
                LazyThreadSafetyMode.ExecutionAndPublication),
            options);
        var channel = created.Value;
        if (Volatile.Read(ref _disposed) != 0)
        {
            // Created concurrently with the disposal, which may not have seen it.
            _ = channel.DisposeAsync().AsTask();
            throw new ObjectDisposedException(nameof(ClientChannels));
        }

        return channel;
    }

    /// <summary>For containers that are disposed synchronously: connections close while this returns.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var channel in _channels.Values)
        {
            if (channel.IsValueCreated)
            {
                await channel.Value.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
