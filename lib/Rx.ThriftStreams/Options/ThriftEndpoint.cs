using System.Collections.Frozen;
using System.Diagnostics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>A server that a channel can call, as a resolver reports it. Immutable; compared by value.</summary>
[DebuggerDisplay("{Address} weight {Weight}")]
public sealed class ThriftEndpoint : IEquatable<ThriftEndpoint>
{
    /// <summary>The weight of an endpoint whose resolver knows none: 10, as in Kitex.</summary>
    public const int DefaultWeight = 10;

    /// <summary>Creates an endpoint.</summary>
    /// <param name="address"><c>host:port</c>, or <c>unix:/path</c> for a Unix domain socket.</param>
    /// <exception cref="ArgumentException">The address has neither form.</exception>
    public ThriftEndpoint(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        EndpointAddress.Check(address, nameof(address));
        Address = address;
    }

    // The parameter only distinguishes this constructor.
    private ThriftEndpoint(string name, bool _) => Address = name;

    /// <summary><c>host:port</c>, or <c>unix:/path</c>.</summary>
    public string Address { get; }

    /// <summary>Its share of the streams, relative to the weights of the others. Default <see cref="DefaultWeight"/>. An endpoint with a weight of zero or less is not used.</summary>
    public int Weight { get; init; } = DefaultWeight;

    /// <summary>
    /// The host name of the server: the name that its certificate must have, and the <c>:authority</c> over gRPC (with the port). Default <see langword="null"/>: the
    /// host in <see cref="Address"/>. Resolvers that turn a name into addresses set it.
    /// </summary>
    public string? HostName { get; init; }

    /// <summary>What the registry states about the endpoint, such as its zone. Default: empty. The map must not change.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The endpoint of a transport that has no address.</summary>
    internal static ThriftEndpoint Named(string name) => new(name, true);

    /// <inheritdoc/>
    public bool Equals(ThriftEndpoint? other)
        => other is not null
            && (ReferenceEquals(this, other)
                || (HasPlaceOf(other) && Weight == other.Weight && HasTagsOf(other)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ThriftEndpoint);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StringComparer.OrdinalIgnoreCase.GetHashCode(Address), Weight);

    /// <inheritdoc/>
    public override string ToString() => Address;

    /// <summary>Whether connections to the other endpoint serve this one too.</summary>
    internal bool HasPlaceOf(ThriftEndpoint other)
        => string.Equals(Address, other.Address, StringComparison.OrdinalIgnoreCase) && string.Equals(HostName, other.HostName, StringComparison.OrdinalIgnoreCase);

    private bool HasTagsOf(ThriftEndpoint other)
    {
        if (Tags.Count != other.Tags.Count)
        {
            return false;
        }

        foreach (var (name, value) in Tags)
        {
            if (!other.Tags.TryGetValue(name, out var theirs) || theirs != value)
            {
                return false;
            }
        }

        return true;
    }
}
