using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Hosting;
using Rx.ThriftStreams.Resilience.Kitex;

namespace Microsoft.Extensions.DependencyInjection;

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
    /// <remarks>
    /// When the configuration changes, the options are read again and the channel gets the new <see cref="ThriftResilienceOptions.CircuitBreaker"/>; other options stay as they were. If one is
    /// invalid then, that is logged and nothing changes. To read them again, everything that configures this client is called again.
    /// </remarks>
    public static IThriftClientBuilder BindConfiguration(this IThriftClientBuilder builder, string sectionPath)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(sectionPath);
        var name = builder.Name;
        builder.Services.AddOptions<ThriftClientOptions>(name)
            .Configure<IConfiguration>((options, configuration) =>
            {
                options.Section = configuration.GetSection(sectionPath);
                ClientConfiguration.Read(options.Section, name, options);
            });
        builder.Services.AddKeyedSingleton(name, (provider, _) => new ReloadedSection(provider.GetRequiredService<IConfiguration>().GetSection(sectionPath)));
        return builder;
    }

    /// <summary>
    /// Applies policies in the formats of CloudWeGo Kitex's configuration extensions to the calls of the client, and follows their changes. The children of the section are the categories:
    /// <c>rpc_timeout</c>, <c>retry</c>, <c>circuit_break</c> and <c>degradation</c>, or <c>timeout</c> and <c>circuitbreaker</c> as in Kitex's files.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="section">The section, from any source: a file, or keys of etcd.</param>
    /// <remarks>
    /// What code sets has precedence: <see cref="ThriftCallOptions.Timeout"/>, <see cref="ThriftCallOptions.ConnectTimeout"/>, and <see cref="ThriftResilienceOptions.Retry"/>,
    /// <see cref="ThriftResilienceOptions.Hedging"/> or <see cref="ThriftResilienceOptions.CallPipeline"/> for all retries. An entry that is invalid is logged with its key, and the one before it stays.
    /// An enabled entry of <c>retry</c> allows to send its methods again, as in Kitex, unless <see cref="ThriftCallOptions.IsIdempotent"/> is <see langword="false"/>. Streams have no call timeout, no retries, and breakers
    /// that count their creation.
    /// </remarks>
    public static IThriftClientBuilder AddKitexPolicies(this IThriftClientBuilder builder, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        var name = builder.Name;
        builder.Services.AddKeyedSingleton(name, (provider, _) => new KitexClientPolicies(
            section, (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("Rx.ThriftStreams")));
        return builder.Configure((provider, options) => options.Channel.Policies = provider.GetRequiredKeyedService<KitexClientPolicies>(name));
    }

    /// <summary>Adds stream middleware of a type, inside the middleware that was added before.</summary>
    /// <typeparam name="TMiddleware">The type. Resolved from the container if it is registered there, otherwise created with its dependencies; once for the channel.</typeparam>
    /// <param name="builder">The client.</param>
    public static IThriftClientBuilder AddMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this IThriftClientBuilder builder)
        where TMiddleware : class, IThriftClientMiddleware
        => builder.Configure(static (provider, options) => options.Channel.StreamMiddleware.Add(ActivatorUtilities.GetServiceOrCreateInstance<TMiddleware>(provider).InvokeAsync));

    /// <summary>Adds send middleware of a type, around each request, inside the send middleware that was added before.</summary>
    /// <inheritdoc cref="AddMiddleware{TMiddleware}"/>
    public static IThriftClientBuilder AddSendMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this IThriftClientBuilder builder)
        where TMiddleware : class, IThriftSendMiddleware
        => builder.Configure(static (provider, options) => options.Channel.SendMiddleware.Add(ActivatorUtilities.GetServiceOrCreateInstance<TMiddleware>(provider).InvokeAsync));

    /// <summary>Adds receive middleware of a type, around receiving each response, inside the receive middleware that was added before.</summary>
    /// <inheritdoc cref="AddMiddleware{TMiddleware}"/>
    public static IThriftClientBuilder AddReceiveMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this IThriftClientBuilder builder)
        where TMiddleware : class, IThriftReceiveMiddleware
        => builder.Configure(static (provider, options) => options.Channel.ReceiveMiddleware.Add(ActivatorUtilities.GetServiceOrCreateInstance<TMiddleware>(provider).InvokeAsync));

    /// <summary>Sends a bearer token with each call, in the header <c>authorization</c>.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="token">
    /// Returns the token. Gets the root container, and a token that is cancelled when the call is over. Called for each call, and for each attempt of one that is retried, before anything is sent: keep a token until it expires. What it throws
    /// ends the call with a <see cref="ThriftAccessTokenException"/>, whose inner exception it is.
    /// </param>
    /// <param name="allowCleartext">Whether the token may go to an address without TLS, because something else encrypts, such as a sidecar. Otherwise such an address is an error at start.</param>
    /// <remarks>Framed and Buffered calls have no headers, and reach the server without the token.</remarks>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <!-- sample: api-token -->
    /// <code>
    /// services.AddThriftClient&lt;ITestService&gt;(options =&gt; options.Address = "grpcs://echo.internal:8888")
    ///     .AddBearerToken(async (_, cancellationToken) =&gt; await File.ReadAllTextAsync("/run/secrets/token", cancellationToken));
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="token"/> is <see langword="null"/>.</exception>
    /// <exception cref="OptionsValidationException">When the host starts, or the client is resolved: its address does not use TLS, and <paramref name="allowCleartext"/> is <see langword="false"/>.</exception>
    public static IThriftClientBuilder AddBearerToken(
        this IThriftClientBuilder builder, Func<IServiceProvider, CancellationToken, ValueTask<string>> token, bool allowCleartext = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(token);
        RequireTls(builder, allowCleartext);
        return builder.Configure((provider, options) => options.Channel.StreamMiddleware.Add(SentToken.Requested(builder.Name, cancellationToken => token(provider, cancellationToken))));
    }

    /// <summary>Sends a bearer token with each call, in the header <c>authorization</c>, and keeps it until it is about to expire or is refused.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="token">
    /// Requests a token and returns it with the time at which it expires. Gets the root container, and a token that is cancelled when no call waits for the result any more. One request serves all calls that need a token at the same
    /// time. What it throws ends the calls that wait with a <see cref="ThriftAccessTokenException"/>, whose inner exception it is, before anything is sent, unless the token that is to be replaced has not expired yet: then they send that one. The next call requests again.
    /// </param>
    /// <param name="allowCleartext">Whether the token may go to an address without TLS, because something else encrypts, such as a sidecar. Otherwise such an address is an error at start.</param>
    /// <remarks>
    /// <para>
    /// A token is replaced a minute before it expires, or after half of its life if that is later, by the clock of <see cref="ThriftChannelOptions.TimeProvider"/>: the next call then waits for another one. The request does not
    /// inherit anything of the calls: no deadline, no metainfo, no trace.
    /// </para>
    /// <para>
    /// A token that the server refuses with <see cref="ThriftStatusCode.Unauthenticated"/> is dropped, unless another call has replaced it already. The call fails; the next one has a new token, and so has a retry: let
    /// <see cref="ThriftRetryOptions.ShouldRetry"/> accept Unauthenticated to have idempotent calls repeated.
    /// </para>
    /// <para>Framed and Buffered calls have no headers, and reach the server without the token.</para>
    /// </remarks>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <!-- sample: api-access-token -->
    /// <code>
    /// services.AddThriftClient&lt;ITestService&gt;(options =&gt; options.Address = "grpcs://echo.internal:8888")
    ///     .AddBearerToken((provider, cancellationToken) =&gt; provider.GetRequiredService&lt;ITokenEndpoint&gt;().RequestAsync(cancellationToken));
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="token"/> is <see langword="null"/>.</exception>
    /// <exception cref="OptionsValidationException">When the host starts, or the client is resolved: its address does not use TLS, and <paramref name="allowCleartext"/> is <see langword="false"/>.</exception>
    public static IThriftClientBuilder AddBearerToken(
        this IThriftClientBuilder builder, Func<IServiceProvider, CancellationToken, ValueTask<ThriftAccessToken>> token, bool allowCleartext = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(token);
        RequireTls(builder, allowCleartext);
        return builder.Configure((provider, options) => Keep(builder.Name, options.Channel, cancellationToken => token(provider, cancellationToken)));
    }

    /// <summary>Sends a bearer token of a source with each call, in the header <c>authorization</c>, and keeps it until it is about to expire or is refused.</summary>
    /// <typeparam name="TSource">The type of the source. Resolved once, from the root container, when the host starts or the client is resolved.</typeparam>
    /// <param name="builder">The client.</param>
    /// <param name="token">Requests a token of the source and returns it with the time at which it expires.</param>
    /// <param name="allowCleartext">Whether the token may go to an address without TLS, because something else encrypts, such as a sidecar. Otherwise such an address is an error at start.</param>
    /// <remarks>Tokens are requested, kept and dropped as by <see cref="AddBearerToken(IThriftClientBuilder, Func{IServiceProvider, CancellationToken, ValueTask{ThriftAccessToken}}, bool)"/>, whose source is looked up when the first call needs a token.</remarks>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <!-- sample: api-token-source -->
    /// <code>
    /// services.AddThriftClient&lt;ITestService&gt;(options =&gt; options.Address = "grpcs://echo.internal:8888")
    ///     .AddBearerToken&lt;ITokenEndpoint&gt;((tokens, cancellationToken) =&gt; tokens.RequestAsync(cancellationToken));
    /// </code>
    /// </example>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="token"/> is <see langword="null"/>.</exception>
    /// <exception cref="OptionsValidationException">
    /// When the host starts, or the client is resolved: <typeparamref name="TSource"/> is not registered; or the address does not use TLS, and <paramref name="allowCleartext"/> is <see langword="false"/>.
    /// </exception>
    public static IThriftClientBuilder AddBearerToken<TSource>(
        this IThriftClientBuilder builder, Func<TSource, CancellationToken, ValueTask<ThriftAccessToken>> token, bool allowCleartext = false)
        where TSource : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(token);
        RequireTls(builder, allowCleartext);
        return builder.Configure((provider, options) =>
        {
            var source = SourceOf<TSource>(provider, builder.Name);
            Keep(builder.Name, options.Channel, cancellationToken => token(source, cancellationToken));
        });
    }

    /// <summary>
    /// Finds the endpoints by <c>Microsoft.Extensions.ServiceDiscovery</c>, as .NET Aspire configures it: with the address <c>grpc://echo</c> the service <c>echo</c>. Changes reach
    /// new streams when the provider reports them, and within <see cref="ThriftDiscoveryOptions.RefreshInterval"/> if it only expires.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <remarks>Has no effect if the address selects a resolver, as <c>grpc+dns://echo:8888</c>, or <see cref="ThriftChannelOptions.Resolver"/> is set: the configuration of an environment may choose.</remarks>
    public static IThriftClientBuilder UseServiceDiscovery(this IThriftClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddServiceDiscovery();
        builder.Services.TryAddSingleton<ServiceDiscoveryResolver>();
        builder.Services.AddOptions<ThriftClientOptions>(builder.Name).PostConfigure<ServiceDiscoveryResolver>(static (options, discovery) =>
        {
            if (options.Address is not { } address || !ThriftAddress.SelectsResolver(address))
            {
                options.Channel.Resolver ??= discovery;
            }
        });
        return builder;
    }

    private static void Keep(string client, ThriftChannelOptions channel, Func<CancellationToken, ValueTask<ThriftAccessToken>> request)
    {
        var sent = new SentToken(new TokenCache(client, request, channel));
        channel.StreamMiddleware.Add(sent.CreateAsync);
        channel.ReceiveMiddleware.Add(sent.ReceiveAsync);
    }

    private static TSource SourceOf<TSource>(IServiceProvider provider, string client)
        where TSource : class
        => provider.GetService<TSource>() ?? throw new OptionsValidationException(
            client,
            typeof(ThriftClientOptions),
            [$"The Thrift client \"{client}\" gets its bearer token from {typeof(TSource).FullName}, which is not registered. Add it to the services, for example with AddSingleton."]);

    private static void RequireTls(IThriftClientBuilder builder, bool allowCleartext)
    {
        if (!allowCleartext)
        {
            // An address that is missing or malformed has an error of its own.
            builder.Services.AddOptions<ThriftClientOptions>(builder.Name).Validate(
                static options => options.Address is not { } address || !ThriftAddress.AsksForCleartext(address),
                $"The Thrift client \"{builder.Name}\" sends a bearer token, and its address does not use TLS. Let the address begin with grpcs or ttheaders, or pass allowCleartext to {nameof(AddBearerToken)} if something else encrypts.");
        }
    }
}
