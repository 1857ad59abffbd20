using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Etcd.Configuration;

namespace Rx.ThriftStreams.Etcd;

/// <summary>Reads configuration from etcd, such as that of CloudWeGo Kitex's extension <c>config-etcd</c>.</summary>
public static class ThriftEtcdConfigurationExtensions
{
    /// <summary>Adds the JSON object at a key of etcd as a section of the configuration, and follows its changes.</summary>
    /// <remarks>
    /// Reading begins when the configuration is built, and nothing waits for it: until the first answer the section is empty, and then the configuration reloads. A
    /// value that is not a JSON object, or is longer than 1 MiB, is logged with its key and ignored; deleting the key empties the section. While etcd is out of
    /// reach the values stay, and reading is retried every 5 s. The configuration stops reading when it is disposed, as a host does with its own.
    /// </remarks>
    /// <param name="builder">The configuration.</param>
    /// <param name="key">The key in etcd, such as <c>/KitexConfig/echo/limit</c>. The registry's prefix does not apply to it.</param>
    /// <param name="section">Where the members of the object appear, such as <c>Kitex:limit</c>.</param>
    /// <param name="configure">Sets how to reach etcd; <see langword="null"/> for the defaults.</param>
    /// <param name="logger">Logs failures; <see langword="null"/> to not log them.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The key or the section is empty, or an option is invalid.</exception>
    public static IConfigurationBuilder AddThriftEtcdKey(
        this IConfigurationBuilder builder, string key, string section, Action<ThriftEtcdOptions>? configure = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentException.ThrowIfNullOrEmpty(section);
        var options = new ThriftEtcdOptions();
        configure?.Invoke(options);
        return builder.Add(new EtcdConfigurationSource(options.Snapshot(), key, section, logger));
    }
}
