using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The services of a host, by their names in the IDL. Names are exact: case counts, packages do not.</summary>
internal sealed class ThriftServiceRegistry
{
    private readonly Lock _gate = new();
    private RegisteredService[] _services = [];

    /// <summary>All services, in the order of their registration.</summary>
    internal IReadOnlyList<RegisteredService> All => Volatile.Read(ref _services);

    /// <summary>The methods of all services.</summary>
    internal IEnumerable<ServerMethod> Methods => All.SelectMany(static service => service.Methods.Values);

    /// <exception cref="InvalidOperationException">There is a service of that name.</exception>
    internal void Add(RegisteredService service)
    {
        lock (_gate)
        {
            if (TryGetService(service.Name, out _))
            {
                throw new InvalidOperationException($"service [{service.Name}] has already been registered.");
            }

            Volatile.Write(ref _services, [.. _services, service]);
        }
    }

    internal bool TryGetService(string name, [NotNullWhen(true)] out IReadOnlyDictionary<string, ServerMethod>? methods)
    {
        foreach (var service in Volatile.Read(ref _services))
        {
            if (service.Name == name)
            {
                methods = service.Methods;
                return true;
            }
        }

        methods = null;
        return false;
    }
}

/// <summary>A service of a host.</summary>
/// <param name="Name">Its name in the IDL.</param>
/// <param name="Methods">Its methods, by their names in the IDL.</param>
/// <param name="Package">The package of the gRPC path.</param>
/// <param name="Schema">Returns its IDL, or <see langword="null"/> if that is not known.</param>
internal sealed record RegisteredService(string Name, IReadOnlyDictionary<string, ServerMethod> Methods, string Package, Func<string?> Schema);
