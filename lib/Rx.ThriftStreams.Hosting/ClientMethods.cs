using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Hosting;

/// <summary>The methods of a service that a client calls, registered under the name of the client.</summary>
internal sealed record ClientMethods(IReadOnlyList<ThriftMethod> Methods)
{
    /// <summary>The names in the IDL, and the full names.</summary>
    internal IEnumerable<string> Names => Methods.SelectMany(static method => (string[])[method.Name, method.FullName]);

    internal static ClientMethods Of<TService>()
        where TService : class, IThriftService<TService>
        => new(MethodList<TService>.Of(TService.Descriptor));
}
