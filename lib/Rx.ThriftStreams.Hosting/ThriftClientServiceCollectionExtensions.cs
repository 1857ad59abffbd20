using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds clients to a container.</summary>
public static class ThriftClientServiceCollectionExtensions
{
    /// <summary>Adds a client as a singleton: <c>ITestService</c> can be injected. Its name is that of the service in the IDL.</summary>
    /// <typeparam name="TService">The generated interface of the service.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; <see langword="null"/> if the builder does.</param>
    /// <returns>Configures the client further. Adding the same client again configures it further too.</returns>
    /// <remarks>
    /// The container owns the channel and closes it when it is disposed. A host that starts validates the options and throws an <see cref="OptionsValidationException"/>
    /// that names the property; without a host the first resolution does.
    /// </remarks>
    /// <example>
    /// <!-- sample: api-client -->
    /// <code>
    /// services.AddThriftClient&lt;ITestService&gt;(options =&gt; options.Address = "grpc://localhost:8888");
    ///
    /// await using var provider = services.BuildServiceProvider();
    /// var client = provider.GetRequiredService&lt;ITestService&gt;();
    /// var answer = await client.EchoUnaryAsync(new() { Message = "hello" }, cancellationToken);
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    /// <exception cref="OptionsValidationException">When the host starts, or the client is resolved: the address is missing, an option is invalid, or another service has the same name in its IDL.</exception>
    public static IThriftClientBuilder AddThriftClient<TService>(this IServiceCollection services, Action<ThriftClientOptions>? configure = null)
        where TService : class, IThriftService<TService>, IThriftClientFactory<TService>
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = TService.Descriptor.Name;
        services.TryAddSingleton(provider => Create<TService>(provider, name));
        return AddChannel<TService>(services, name, isNamed: false, configure);
    }

    /// <summary>
    /// Adds a client as a keyed singleton: <c>[FromKeyedServices("name")] ITestService</c> can be injected. Clients of several services with the same name share a channel.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name and key of the client.</param>
    /// <param name="configure">Sets the options; <see langword="null"/> if the builder does.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <inheritdoc cref="AddThriftClient{TService}(IServiceCollection, Action{ThriftClientOptions}?)"/>
    public static IThriftClientBuilder AddThriftClient<TService>(this IServiceCollection services, string name, Action<ThriftClientOptions>? configure = null)
        where TService : class, IThriftService<TService>, IThriftClientFactory<TService>
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        services.TryAddKeyedSingleton(name, static (provider, key) => Create<TService>(provider, (string)key!));
        return AddChannel<TService>(services, name, isNamed: true, configure);
    }

    /// <summary>Returns the channel of a client, for its events, to connect early, or to create other clients of it. The container owns it: do not dispose it.</summary>
    /// <param name="provider">The container.</param>
    /// <param name="name">The name of the client: that of its service in the IDL, unless it was added with another.</param>
    /// <exception cref="OptionsValidationException">No client of this name was added, or its options are invalid; the message names the property.</exception>
    public static ThriftChannel GetThriftChannel(this IServiceProvider provider, string name)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return provider.GetRequiredService<ClientChannels>().Get(name);
    }

    private static TService Create<TService>(IServiceProvider provider, string name)
        where TService : class, IThriftClientFactory<TService>
        => TService.CreateClient(provider.GetThriftChannel(name), options: null);

    private static ThriftClientBuilder AddChannel<TService>(IServiceCollection services, string name, bool isNamed, Action<ThriftClientOptions>? configure)
        where TService : class, IThriftService<TService>
    {
        services.AddKeyedSingleton(name, ClientMethods.Of<TService>(isNamed));
        services.AddSingleton(new ClientName(name));
        services.TryAddSingleton<ClientChannels>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<ThriftClientOptions>, ContainerDefaults>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ThriftClientOptions>, ClientOptionsValidation>());
        var options = services.AddOptions<ThriftClientOptions>(name).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        return new(name, services);
    }
}
