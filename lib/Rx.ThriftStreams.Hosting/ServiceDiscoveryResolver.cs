using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Finds endpoints by <c>Microsoft.Extensions.ServiceDiscovery</c>.</summary>
internal sealed class ServiceDiscoveryResolver(ServiceEndpointResolver services) : ThriftResolver
{
    public override async IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(
        ThriftResolveContext context,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        while (true)
        {
            var found = await services.GetEndpointsAsync(context.Target, cancellationToken).ConfigureAwait(false);
            yield return [.. found.Endpoints.Select(endpoint => new ThriftEndpoint(AddressOf(endpoint.EndPoint, context.Target)))];
            await ChangedAsync(found.ChangeToken, context, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Completes when the list changes or the refresh interval is over. A token that has changed already is not trusted: the list would be asked for in a loop.</summary>
    private static async Task ChangedAsync(IChangeToken token, ThriftResolveContext context, CancellationToken cancellationToken)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = token is { ActiveChangeCallbacks: true, HasChanged: false }
            ? token.RegisterChangeCallback(static state => ((TaskCompletionSource)state!).TrySetResult(), changed)
            : null;
        try
        {
            await changed.Task.WaitAsync(context.RefreshInterval, context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Not an error: the interval is over.
        }
    }

    private static string AddressOf(EndPoint endpoint, string target)
    {
        var text = endpoint switch
        {
            DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
            UnixDomainSocketEndPoint unix => $"unix:{unix}",

            // An IPEndPoint, or one that is written as a URI.
            _ => endpoint.ToString() ?? string.Empty,
        };
        if (text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(text, UriKind.Absolute, out var uri))
        {
            text = $"{uri.Host}:{uri.Port}";
        }

        return text.EndsWith(":0", StringComparison.Ordinal) || text.EndsWith(":-1", StringComparison.Ordinal)
            ? throw new ThriftDiscoveryException(target, $"service discovery found {text}, which has no port; add it to the configured endpoint")
            : text;
    }
}
