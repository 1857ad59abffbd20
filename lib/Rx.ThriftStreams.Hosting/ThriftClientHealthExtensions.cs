using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of clients that were added by <see cref="ThriftClientServiceCollectionExtensions"/>.</summary>
public static class ThriftClientHealthExtensions
{
    /// <summary>Adds a health check that reports whether a server of a client can be reached.</summary>
    /// <typeparam name="TService">The generated interface of the service. The client is the one that was added without a name of its own.</typeparam>
    /// <inheritdoc cref="AddThriftClientCheck(IHealthChecksBuilder, string, string?, HealthStatus?, IEnumerable{string}?, TimeSpan?)"/>
    public static IHealthChecksBuilder AddThriftClientCheck<TService>(
        this IHealthChecksBuilder builder, string? name = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null)
        where TService : class, IThriftService<TService>
        => builder.AddThriftClientCheck(TService.Descriptor.Name, name, failureStatus, tags, timeout);

    /// <summary>Adds a health check that reports whether a server of a client can be reached.</summary>
    /// <remarks>
    /// <para>
    /// Each check resolves the endpoints, if they are not known yet, and opens a connection to one of them, which it closes again; it makes no call. Healthy if one endpoint can be connected to. Degraded if that
    /// is so and a circuit breaker refuses the calls of a method, or the last call, within a minute, found no server: something else may listen there. Failed otherwise, and if all endpoints report that they do not serve, where the channel watches their health. Endpoints that are ejected, do not
    /// serve or have an open circuit breaker are tried last or not at all.
    /// </para>
    /// <para>The description of the result names the endpoint or the reason; its data has <c>client</c>, <c>address</c>, <c>endpoints</c>, <c>usable</c> and, after a success, <c>endpoint</c>. It has no exception, so that no stack trace is logged for each probe.</para>
    /// <para>
    /// Not for liveness probes: they would restart a program because of another one. <see cref="HealthStatus.Degraded"/> as <paramref name="failureStatus"/> reports the failure without taking this server, and with it all that call it,
    /// out of service.
    /// </para>
    /// </remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="client">The name of the client: that of its service in the IDL, unless it was added with another.</param>
    /// <param name="name">The name of the check; that of the client if <see langword="null"/>.</param>
    /// <param name="failureStatus">The status of a failure; <see cref="HealthStatus.Unhealthy"/> if <see langword="null"/>.</param>
    /// <param name="tags">Tags of the check.</param>
    /// <param name="timeout">How long a check may take, by the clock of the container; without it each endpoint has <see cref="ThriftResilienceOptions.ConnectTimeout"/>. A check that takes longer has failed.</param>
    /// <returns>The same builder.</returns>
    /// <example>
    /// <!-- sample: api-client-check -->
    /// <code>
    /// services.AddThriftClient&lt;ITestService&gt;(options =&gt; options.Address = "grpc://localhost:8888");
    /// services.AddHealthChecks().AddThriftClientCheck&lt;ITestService&gt;(failureStatus: HealthStatus.Degraded, timeout: TimeSpan.FromSeconds(2));
    /// </code>
    /// </example>
    /// <exception cref="ArgumentException"><paramref name="client"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is not positive.</exception>
    /// <exception cref="OptionsValidationException">When the host starts, or checks run: no client of this name was added.</exception>
    public static IHealthChecksBuilder AddThriftClientCheck(
        this IHealthChecksBuilder builder, string client, string? name = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(client);
        CheckTimeout(timeout);
        builder.Services.AddSingleton(new CheckedClient(client, name ?? client));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HealthCheckServiceOptions>, CheckedClientValidation>());
        builder.Services.AddOptions<HealthCheckServiceOptions>().ValidateOnStart();
        return builder.Add(Registration(client, name ?? client, failureStatus, tags, timeout));
    }

    /// <summary>Adds a health check for each client of the container that has none of its own, also those that are added later. The checks have the names of the clients.</summary>
    /// <inheritdoc cref="AddThriftClientCheck(IHealthChecksBuilder, string, string?, HealthStatus?, IEnumerable{string}?, TimeSpan?)"/>
    public static IHealthChecksBuilder AddThriftClientChecks(
        this IHealthChecksBuilder builder, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        CheckTimeout(timeout);
        string[] all = [.. tags ?? []];
        builder.Services.AddOptions<HealthCheckServiceOptions>().Configure<IEnumerable<ClientName>, IEnumerable<CheckedClient>>((options, clients, own) =>
        {
            foreach (var client in clients.Select(static client => client.Name).Except(own.Select(static check => check.Client), StringComparer.Ordinal))
            {
                options.Registrations.Add(Registration(client, client, failureStatus, all, timeout));
            }
        });
        return builder;
    }

    // The time limit is not that of the registration: the service that runs checks logs a check that exceeds it with its stack trace.
    private static HealthCheckRegistration Registration(string client, string name, HealthStatus? failureStatus, IEnumerable<string>? tags, TimeSpan? timeout)
        => new(name, provider => new ClientHealthCheck(provider, client, timeout), failureStatus, tags);

    private static void CheckTimeout(TimeSpan? timeout)
    {
        if (timeout is { } limit && limit != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        }
    }
}
