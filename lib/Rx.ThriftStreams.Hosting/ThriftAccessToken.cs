using System.Globalization;

namespace Rx.ThriftStreams;

/// <summary>A bearer token with the time at which it expires. Immutable.</summary>
public sealed class ThriftAccessToken
{
    /// <summary>Creates a token.</summary>
    /// <param name="value">The token, without <c>Bearer</c>.</param>
    /// <param name="expiresAt">When it expires; <see cref="DateTimeOffset.MaxValue"/> if it does not.</param>
    /// <exception cref="ArgumentException">The value is empty.</exception>
    public ThriftAccessToken(string value, DateTimeOffset expiresAt)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        Value = value;
        ExpiresAt = expiresAt;
    }

    /// <summary>The token, without <c>Bearer</c>.</summary>
    public string Value { get; }

    /// <summary>When the token expires.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>When the token expires, without its value: a log must not have it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"A token that expires at {ExpiresAt:O}");
}
