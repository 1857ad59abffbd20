namespace Rx.ThriftStreams;

/// <summary>
/// Kitex's metainfo: small values that travel with a call. <see cref="Transient"/> values reach the next service,
/// <see cref="Persistent"/> ones every service further down, and <see cref="Backward"/> ones come back with the answer.
/// </summary>
/// <remarks>
/// Over gRPC the keys are folded: <c>my-Key</c> arrives as <c>MY_KEY</c>; TTHeader keeps them as they are. Write keys as
/// <c>UPPER_CASE</c> to have them the same everywhere. Backward values travel over TTHeader ping-pong only. Not thread-safe.
/// </remarks>
public sealed class ThriftMetaInfo
{
    /// <summary>Values for the next service only.</summary>
    public IDictionary<string, string> Transient { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Values for every service from here on.</summary>
    public IDictionary<string, string> Persistent { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>On a server: values that go back with the answer. On a client: what came back.</summary>
    public IDictionary<string, string> Backward { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
