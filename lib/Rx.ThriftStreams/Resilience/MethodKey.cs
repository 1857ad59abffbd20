using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Resilience;

/// <summary>The key of a method in tables.</summary>
internal static class MethodKey
{
    /// <summary>The name of the method; one for all whose names callers chose, as those of a proxy, so that they cannot fill tables.</summary>
    internal static string Of(ThriftMethod method) => method.IsUnknown ? "*" : method.FullName;

    /// <summary>The keys that name more methods than a key does: <c>Service/Method</c> and <c>Method</c> of <c>package.Service/Method</c>.</summary>
    internal static IEnumerable<string> WiderThan(string key)
    {
        var slash = key.LastIndexOf('/');
        if (slash < 0)
        {
            yield break;
        }

        if (key.LastIndexOf('.', slash) is var dot and >= 0)
        {
            yield return key[(dot + 1)..];
        }

        yield return key[(slash + 1)..];
    }
}
