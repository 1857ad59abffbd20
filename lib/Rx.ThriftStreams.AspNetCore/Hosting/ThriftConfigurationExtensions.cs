using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Options of a server from the configuration.</summary>
public static class ThriftConfigurationExtensions
{
    /// <summary>
    /// Does what <c>AddThriftStreams()</c> does, and reads <see cref="ThriftServerOptions"/> from a section: the properties that text can express, with their names. Durations have the form
    /// <c>00:00:05</c>, or <c>Infinite</c>.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="section">The section, such as <c>configuration.GetSection("Thrift")</c>. Read once, when the server starts.</param>
    /// <returns>The same services.</returns>
    /// <remarks>
    /// A server whose section is missing or empty, or has a key that is not an option, or a value that cannot be read or is out of range, does not start: an <see cref="OptionsValidationException"/> names the key. What
    /// <c>Configure&lt;ThriftServerOptions&gt;</c> sets afterwards has precedence.
    /// </remarks>
    public static IServiceCollection AddThriftStreams(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddThriftStreams(options =>
        {
            options.Section = section;
            ServerConfiguration.Read(section, options);
        });
    }

    /// <summary>Reads <see cref="ThriftTrafficLimits"/> from a section, and follows its changes.</summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="section">The section, such as <c>configuration.GetSection("Traffic")</c>.</param>
    /// <returns>The same services.</returns>
    /// <remarks>
    /// A server does not start if the section is missing or empty, or has a key that is not a limit, or a value that cannot be read or is out of range: an <see cref="OptionsValidationException"/> names the key. Later, such a
    /// section is logged, and the limits before it stay.
    /// </remarks>
    public static IServiceCollection AddThriftTrafficLimits(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddSingleton<IOptionsChangeTokenSource<ThriftTrafficLimits>>(new ConfigurationChangeTokenSource<ThriftTrafficLimits>(section));
        return services.Configure<ThriftTrafficLimits>(limits =>
        {
            limits.Section = section;
            try
            {
                ServerConfiguration.Read(section, limits);
            }
            catch (OptionsValidationException error)
            {
                // Thrown when the limits are applied: here it would reach the code that changed the configuration, and no log.
                limits.Unreadable = error;
            }
        });
    }
}
