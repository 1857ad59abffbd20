using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Discovery;

/// <summary>A fixed list. A channel reads it when it is created, without an enumeration.</summary>
internal sealed class StaticResolver(IReadOnlyList<ThriftEndpoint> endpoints) : ThriftResolver
{
    internal IReadOnlyList<ThriftEndpoint> Endpoints => endpoints;

    public override async IAsyncEnumerable<IReadOnlyList<ThriftEndpoint>> ResolveAsync(
        ThriftResolveContext context,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return endpoints;
    }
}
