using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams;

/// <summary>Configures a client that was added to a container: see <see cref="ThriftClientBuilderExtensions"/>.</summary>
public interface IThriftClientBuilder
{
    /// <summary>The name of the client, of its channel and of its options.</summary>
    string Name { get; }

    /// <summary>The services that the client was added to.</summary>
    IServiceCollection Services { get; }
}
