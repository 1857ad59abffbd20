using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>The channels of a container by the names of their clients. Closes them when it is disposed.</summary>
internal sealed partial class ClientChannels(IServiceProvider provider) : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<ThriftChannel>> _channels = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<IDisposable> _subscriptions = new();
    private int _disposed;

    /// <summary>The channel of a name, which is created when it is first needed.</summary>
    internal ThriftChannel Get(string name)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var created = _channels.GetOrAdd(
            name,
            static (name, self) => new Lazy<ThriftChannel>(() => self.Create(name), LazyThreadSafetyMode.ExecutionAndPublication),
            this);
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

        while (_subscriptions.TryDequeue(out var subscription))
        {
            subscription.Dispose();
        }

        foreach (var channel in _channels.Values)
        {
            if (channel.IsValueCreated)
            {
                await channel.Value.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private ThriftChannel Create(string name)
    {
        var settings = provider.GetRequiredService<IOptionsMonitor<ThriftClientOptions>>().Get(name);
        var channel = ThriftChannel.ForAddress(settings.Address!, settings.Channel);
        foreach (var section in provider.GetKeyedServices<ReloadedSection>(name))
        {
            _subscriptions.Enqueue(section.OnChange(() => Update(channel, name)));
        }

        return channel;
    }

    /// <summary>Reads the options again, and applies what can change while the channel is in use.</summary>
    private void Update(ThriftChannel channel, string name)
    {
        try
        {
            channel.CircuitBreakers.Update(provider.GetRequiredService<IOptionsFactory<ThriftClientOptions>>().Create(name).Channel.Resilience.CircuitBreaker);
        }
        catch (OptionsValidationException error)
        {
            LogInvalid(channel.Logger, name, error);
        }
    }

    [LoggerMessage(57, LogLevel.Warning, "The changed configuration of the Thrift client {Client} is invalid. Its circuit breakers stay as they were.", EventName = "ClientConfigurationInvalid")]
    private static partial void LogInvalid(ILogger logger, string client, Exception error);
}
