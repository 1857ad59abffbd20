using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Hosting;

/// <summary>A service that a client calls, registered under the name of the client.</summary>
/// <param name="Service">The generated interface.</param>
/// <param name="IsNamed">Whether the program chose the name, rather than the IDL.</param>
/// <param name="Methods">Returns the methods.</param>
internal sealed record ClientMethods(Type Service, bool IsNamed, Func<IReadOnlyList<ThriftMethod>> Methods)
{
    /// <summary>The names in the IDL, with that of the service, and with the package.</summary>
    internal IEnumerable<string> Names => Methods().SelectMany(static method => (string[])[method.Name, method.LocalName, method.FullName]);

    /// <summary>The names that settings of circuit breakers may have: of the service and of its methods, without and with the package.</summary>
    internal IEnumerable<string> BreakerNames
        => Methods().SelectMany(static method => (string[])[method.ServiceName, method.FullName[..method.FullName.LastIndexOf('/')], method.LocalName, method.FullName]);

    internal static ClientMethods Of<TService>(bool isNamed)
        where TService : class, IThriftService<TService>
        => new(typeof(TService), isNamed, static () => MethodList<TService>.Of(TService.Descriptor));
}
