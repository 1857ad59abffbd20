using System.Diagnostics;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>
/// A text that stays the UTF-8 bytes that were received, and becomes a <see cref="string"/> only when asked. For large texts and for texts that are passed on:
/// reading one is a copy into memory of its size, half that of a <see cref="string"/> in ASCII, and writing one is a copy.
/// </summary>
/// <remarks>
/// <para>The C# type of an IDL <c>string</c> with the annotation <c>(csharp.type="utf8")</c>; on the wire it is an ordinary string. The default value is the empty text.</para>
/// <para>
/// Bytes are not validated: peers pass any bytes through a string. Comparing, hashing and sending use the bytes as they are; in conversions to text, bytes that are not UTF-8
/// become U+FFFD. Equality and order are those of the bytes, which is the order of the code points. The hash is secret to this process, so that a peer cannot choose texts that
/// collide. Immutable and thread-safe.
/// </para>
/// </remarks>
[DebuggerDisplay("{ToString()}")]
[JsonConverter(typeof(ThriftUtf8StringJsonConverter))]
public readonly partial struct ThriftUtf8String : IEquatable<ThriftUtf8String>, IComparable<ThriftUtf8String>
{
    // Enough for the short texts that are compared most; longer ones are compared in pieces.
    private const int ComparedAtOnce = 256;

    /// <summary>Creates the UTF-8 form of a text. A lone surrogate becomes U+FFFD.</summary>
    /// <param name="value">The text.</param>
    public ThriftUtf8String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Memory = Encoding.UTF8.GetBytes(value);
    }

    /// <summary>Creates a text from a copy of bytes, such as <c>"text"u8</c> or an array, without validating them.</summary>
    /// <param name="utf8">The bytes.</param>
    public ThriftUtf8String(ReadOnlySpan<byte> utf8)
    {
        Memory = utf8.ToArray();
    }

    /// <summary>Creates a text from bytes, without a copy and without validating them. For an array, call <c>AsMemory()</c>.</summary>
    /// <param name="utf8">The bytes. They must not change.</param>
    public ThriftUtf8String(ReadOnlyMemory<byte> utf8)
    {
        Memory = utf8;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>The number of bytes.</summary>
    public int Length => Memory.Length;

    /// <summary>Whether the text has no bytes.</summary>
    public bool IsEmpty => Memory.IsEmpty;

    /// <summary>Whether both have the same bytes.</summary>
    public static bool operator ==(ThriftUtf8String left, ThriftUtf8String right) => left.Equals(right);

    /// <summary>Whether the bytes differ.</summary>
    public static bool operator !=(ThriftUtf8String left, ThriftUtf8String right) => !left.Equals(right);

    /// <summary>Whether <paramref name="left"/> precedes <paramref name="right"/> in the order of their bytes.</summary>
    public static bool operator <(ThriftUtf8String left, ThriftUtf8String right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> precedes or equals <paramref name="right"/> in the order of their bytes.</summary>
    public static bool operator <=(ThriftUtf8String left, ThriftUtf8String right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> follows <paramref name="right"/> in the order of their bytes.</summary>
    public static bool operator >(ThriftUtf8String left, ThriftUtf8String right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> follows or equals <paramref name="right"/> in the order of their bytes.</summary>
    public static bool operator >=(ThriftUtf8String left, ThriftUtf8String right) => left.CompareTo(right) >= 0;

    /// <summary>Whether both have the same bytes.</summary>
    public bool Equals(ThriftUtf8String other) => Span.SequenceEqual(other.Span);

    /// <summary>Whether the bytes are the UTF-8 form of a text. Allocates nothing.</summary>
    /// <param name="value">The text; <see langword="null"/> equals nothing.</param>
    public bool Equals(string? value)
    {
        // Every char takes at least one byte.
        if (value is null || value.Length > Length)
        {
            return false;
        }

        Span<byte> piece = stackalloc byte[ComparedAtOnce];
        ReadOnlySpan<char> text = value;
        var bytes = Span;
        while (!text.IsEmpty)
        {
            Utf8.FromUtf16(text, piece, out var read, out var written);
            if (!bytes.StartsWith(piece[..written]))
            {
                return false;
            }

            text = text[read..];
            bytes = bytes[written..];
        }

        return bytes.IsEmpty;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ThriftUtf8String other && Equals(other);

    /// <summary>A hash of the bytes that is secret to this process.</summary>
    public override int GetHashCode() => SecretHash.Of(Span);

    /// <summary>Compares the bytes, which is to compare the code points.</summary>
    public int CompareTo(ThriftUtf8String other) => Span.SequenceCompareTo(other.Span);
}
