using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>Registers a server when the host has started, and removes it before the host's services stop.</summary>
internal sealed class EtcdRegistrationService(
    IServiceProvider services, Action<IServiceProvider, ThriftEtcdRegistrationOptions> configure, TimeProvider timeProvider, ILogger logger) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private EtcdConnection? _etcd;
    private EtcdRegistration? _registration;
    private Task _running = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The server listens now: its port is known and accepts connections.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var options = new ThriftEtcdRegistrationOptions();
        configure(services, options);
        options.Validate();
        var reach = options.Etcd.Snapshot();
        var address = InstanceAddress.Resolve(options.Address, Environment.GetEnvironmentVariable);
        var key = RegistryKey.OfInstance(reach.Prefix, options.Service, address);
        var value = RegistryValue.Format(options.Network, address, options.Weight, options.Tags);
        _etcd = new EtcdConnection(reach, timeProvider);
        _registration = new EtcdRegistration(_etcd, key, value, options.LeaseTime, timeProvider, logger);
        _running = Task.Run(() => _registration.RunAsync(_stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_registration is not null)
        {
            await _registration.RemoveAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _stopping.Cancel();
        _etcd?.Dispose();
        _stopping.Dispose();
    }
}
