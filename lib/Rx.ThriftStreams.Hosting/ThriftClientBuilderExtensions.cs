using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rx.ThriftStreams.Hosting;

namespace Rx.ThriftStreams;

/// <summary>Configures clients that were added by <see cref="ThriftClientServiceCollectionExtensions"/>. Later settings override earlier ones.</summary>
public static class ThriftClientBuilderExtensions
{
    /// <summary>Sets options.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets them.</param>
    public static IThriftClientBuilder Configure(this IThriftClientBuilder builder, Action<ThriftClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<ThriftClientOptions>(builder.Name).Configure(configure);
        return builder;
    }

    /// <summary>Sets options with the help of services: resolvers, balancers, certificates, middleware.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Sets them. Gets the root container.</param>
    public static IThriftClientBuilder Configure(this IThriftClientBuilder builder, Action<IServiceProvider, ThriftClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<ThriftClientOptions>(builder.Name).Configure<IServiceProvider>((options, provider) => configure(provider, options));
        return builder;
    }

    /// <summary>
    /// Reads options from a section of the host's configuration: <c>Address</c>, and the properties of <see cref="ThriftChannelOptions"/> that text can express.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="sectionPath">The section, such as <c>Clients:Shop</c>. It must exist; a key that is not an option, or a value that cannot be read, is an error at start.</param>
    public static IThriftClientBuilder BindConfiguration(this IThriftClientBuilder builder, string sectionPath)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(sectionPath);
        var name = builder.Name;
        builder.Services.AddOptions<ThriftClientOptions>(name)
            .Configure<IConfiguration>((options, configuration) => ClientConfiguration.Read(configuration.GetSection(sectionPath), name, options));
        return builder;
    }

    /// <summary>Adds stream middleware of a type, inside the middleware that was added before.</summary>
    /// <typeparam name="TMiddleware">The type. Resolved from the container if it is registered there, otherwise created with its dependencies; once for the channel.</typeparam>
    /// <param name="builder">The client.</param>
    public static IThriftClientBuilder AddMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this IThriftClientBuilder builder)
        where TMiddleware : class, IThriftClientMiddleware
        => builder.Configure(static (provider, options) => options.Channel.StreamMiddleware.Add(ActivatorUtilities.GetServiceOrCreateInstance<TMiddleware>(provider).InvokeAsync));

    /// <summary>
    /// Finds the endpoints by <c>Microsoft.Extensions.ServiceDiscovery</c>, as .NET Aspire configures it: with the address <c>grpc://echo</c> the service <c>echo</c>. Changes reach
    /// new streams when the provider reports them, and within <see cref="ThriftDiscoveryOptions.RefreshInterval"/> if it only expires.
    /// </summary>
    /// <param name="builder">The client.</param>
    public static IThriftClientBuilder UseServiceDiscovery(this IThriftClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddServiceDiscovery();
        builder.Services.TryAddSingleton<ServiceDiscoveryResolver>();
        return builder.Configure(static (provider, options) => options.Channel.Resolver = provider.GetRequiredService<ServiceDiscoveryResolver>());
    }
}
