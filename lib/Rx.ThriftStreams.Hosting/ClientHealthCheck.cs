using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Whether a server of a client can be reached.</summary>
/// <remarks>
/// Results have no exceptions: the service that runs health checks logs those with their stack traces, for each probe. For the same reason the time limit is enforced here and not by that service.
/// </remarks>
/// <param name="provider">Has the channel.</param>
/// <param name="client">The name of the client.</param>
/// <param name="timeout">How long a check may take; <see langword="null"/> for no limit but the connect timeout.</param>
internal sealed class ClientHealthCheck(IServiceProvider provider, string client, TimeSpan? timeout) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var channel = provider.GetThriftChannel(client);
        var data = new Dictionary<string, object>(StringComparer.Ordinal) { ["client"] = client, ["address"] = channel.Address };
        using var limit = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, provider.GetService<TimeProvider>() ?? TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var reach = await channel.ReachAsync(either.Token).ConfigureAwait(false);
            data["endpoints"] = reach.Endpoints;
            data["usable"] = reach.Usable;
            if (reach.Endpoint is not { } reached)
            {
                return Failed(Describe(reach, channel.Address));
            }

            data["endpoint"] = reached;
            var trouble = channel.CircuitBreakers.RefusedMethods() is { Length: > 0 } refused ? $"circuit breakers are open: calls of {string.Join(", ", refused)} are refused."
                : channel.WhyUnreachable is { } why ? $"no call has been answered since one failed: {why}"
                : null;
            return trouble is null
                ? HealthCheckResult.Healthy($"{reached} can be connected to.", data)
                : HealthCheckResult.Degraded($"{reached} can be connected to, but {trouble}", exception: null, data);
        }
        catch (ThriftException error)
        {
            return Failed(LogText.Escape(error.Message));
        }
        catch (ObjectDisposedException)
        {
            return Failed("The channel has been closed.");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Failed($"No server of {channel.Address} could be reached within {timeout}.");
        }

        HealthCheckResult Failed(string description) => new(context.Registration.FailureStatus, description, exception: null, data);
    }

    private static string Describe(ChannelReach reach, string address) => reach switch
    {
        { Error: null } => $"No endpoint of {address} reports that it serves: there are {reach.Endpoints}.",
        { Endpoints: 1 } => LogText.Escape(reach.Error.Message),
        _ => LogText.Escape($"None of the {reach.Endpoints} endpoints of {address} can be connected to. The first: {reach.Error.Message}"),
    };
}
