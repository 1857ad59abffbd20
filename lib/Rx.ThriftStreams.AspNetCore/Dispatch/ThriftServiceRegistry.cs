using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The services of a host, by their names in the IDL. Names are exact: case counts, packages do not.</summary>
internal sealed class ThriftServiceRegistry
{
    private readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, ServerMethod>> _services = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">There is a service of that name.</exception>
    internal void Add(string serviceName, IReadOnlyDictionary<string, ServerMethod> methods)
    {
        if (!_services.TryAdd(serviceName, methods))
        {
            throw new InvalidOperationException($"service [{serviceName}] has already been registered.");
        }
    }

    internal bool TryGetService(string name, [NotNullWhen(true)] out IReadOnlyDictionary<string, ServerMethod>? methods)
        => _services.TryGetValue(name, out methods);
}
