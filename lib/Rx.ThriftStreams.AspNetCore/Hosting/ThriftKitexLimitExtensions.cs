using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Resilience.Kitex;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Limits of a server from the configuration of CloudWeGo Kitex.</summary>
public static class ThriftKitexLimitExtensions
{
    /// <summary>
    /// Sets <see cref="ThriftTrafficLimits.Connections"/> and <see cref="ThriftCallLimits.CallsPerSecond"/> from a section in the format of Kitex's category <c>limit</c>,
    /// <c>{"connection_limit":64,"qps_limit":1500}</c>, and follows its changes.
    /// </summary>
    /// <remarks>
    /// Zero, a negative value and an absent member mean no limit; unknown members are ignored. A section with an invalid value is logged with its key, and the limits
    /// before it stay. Without limits in the section, those that were set otherwise apply.
    /// </remarks>
    /// <param name="services">The services of the server.</param>
    /// <param name="section">The section, from any source: a file, or a key of etcd.</param>
    /// <returns>The same collection.</returns>
    public static IServiceCollection AddThriftKitexLimits(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddOptions();
        services.AddSingleton<IOptionsChangeTokenSource<ThriftTrafficLimits>>(new ConfigurationChangeTokenSource<ThriftTrafficLimits>(section));
        return services.AddSingleton<IConfigureOptions<ThriftTrafficLimits>>(provider => new FromKitex(new(
            section, KitexLimit.Decode, KitexLimit.None, provider.GetRequiredService<ILoggerFactory>().CreateLogger("Rx.ThriftStreams"))));
    }

    private sealed class FromKitex(KitexPolicy<KitexLimit> policy) : IConfigureOptions<ThriftTrafficLimits>
    {
        public void Configure(ThriftTrafficLimits options)
        {
            if (policy.Read() is var limit && limit != KitexLimit.None)
            {
                (options.Connections, options.CallsPerSecond) = (limit.Connections, limit.CallsPerSecond);
            }
        }
    }
}
