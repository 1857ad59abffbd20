using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rx.ThriftStreams.Etcd;
using Rx.ThriftStreams.Etcd.Registry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers servers in the registry of CloudWeGo Kitex in etcd.</summary>
public static class ThriftEtcdServiceCollectionExtensions
{
    /// <summary>
    /// Registers the server in etcd when the host has started, keeps the entry alive, and removes it before the host stops its services, so that new calls go
    /// elsewhere while running ones drain.
    /// </summary>
    /// <remarks>
    /// An etcd out of reach does not keep the host from starting or stopping: registration is tried again until it succeeds, with a warning each time. An entry that is
    /// lost, with its lease or without, is written again. Several registrations in one host are independent.
    /// </remarks>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Sets what is registered. Called when the host has started: the addresses of the server are known. An exception, also for an invalid option, fails the start.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddThriftEtcdRegistration(this IServiceCollection services, Action<IServiceProvider, ThriftEtcdRegistrationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddSingleton<IHostedService>(provider => new EtcdRegistrationService(
            provider,
            configure,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetService<ILoggerFactory>()?.CreateLogger("Rx.ThriftStreams.Etcd") ?? NullLogger.Instance));
    }
}
