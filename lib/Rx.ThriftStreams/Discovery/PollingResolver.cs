using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Discovery;

/// <summary>Asks a function, again and again. A failure ends the enumeration: the channel decides when to ask again.</summary>
internal sealed class PollingResolver(Func<ThriftResolveContext, CancellationToken, ValueTask<IReadOnlyList<ThriftEndpoint>>> query) : ThriftResolver
{
    public override async IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(
        ThriftResolveContext context,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        while (true)
        {
            yield return await query(context, cancellationToken).ConfigureAwait(false);
            await Task.Delay(context.RefreshInterval, context.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
