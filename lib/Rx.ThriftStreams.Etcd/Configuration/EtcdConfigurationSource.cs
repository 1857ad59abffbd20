using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Rx.ThriftStreams.Etcd.Configuration;

/// <summary>A key of etcd as a source of configuration.</summary>
internal sealed class EtcdConfigurationSource(ThriftEtcdOptions options, string key, string section, ILogger? logger) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder)
        => new EtcdConfigurationProvider(options, key, section, TimeProvider.System, logger ?? NullLogger.Instance);
}
