using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The key of a method in tables.</summary>
internal static class MethodKey
{
    /// <summary>The name of the method; one for all whose names callers chose, as those of a proxy, so that they cannot fill tables.</summary>
    internal static string Of(ThriftMethod method) => method.IsUnknown ? "*" : method.FullName;
}
