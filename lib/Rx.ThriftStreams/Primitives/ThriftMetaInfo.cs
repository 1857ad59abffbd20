namespace Rx.ThriftStreams;

/// <summary>
/// Kitex's metainfo: small values that travel with a call. <see cref="Transient"/> values reach the next service,
/// <see cref="Persistent"/> ones every service further downstream, and <see cref="Backward"/> ones return with the answer.
/// </summary>
/// <remarks>
/// Over gRPC the keys are folded: <c>my-Key</c> arrives as <c>MY_KEY</c>; TTHeader keeps them as they are. Write keys as
/// <c>UPPER_CASE</c> to have them the same everywhere. Backward values travel over TTHeader ping-pong only. Not thread-safe.
/// </remarks>
public sealed class ThriftMetaInfo
{
    private Dictionary<string, string>? _transient;
    private Dictionary<string, string>? _persistent;
    private Dictionary<string, string>? _backward;

    /// <summary>Values for the next service only.</summary>
    public IDictionary<string, string> Transient => _transient ??= new(StringComparer.Ordinal);

    /// <summary>Values for every service from here on.</summary>
    public IDictionary<string, string> Persistent => _persistent ??= new(StringComparer.Ordinal);

    /// <summary>On a server: values that go back with the answer. On a client: what came back.</summary>
    public IDictionary<string, string> Backward => _backward ??= new(StringComparer.Ordinal);

    /// <summary>The transient values for reading; unlike <see cref="Transient"/>, it allocates nothing if there are none, as in most calls.</summary>
    internal IReadOnlyDictionary<string, string> TransientValues => _transient ?? None;

    /// <summary>The persistent values for reading.</summary>
    internal IReadOnlyDictionary<string, string> PersistentValues => _persistent ?? None;

    /// <summary>The backward values for reading.</summary>
    internal IReadOnlyDictionary<string, string> BackwardValues => _backward ?? None;

    private static IReadOnlyDictionary<string, string> None => System.Collections.Frozen.FrozenDictionary<string, string>.Empty;
}
