using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>
/// A binary whose receiver returns its memory to a pool with <see cref="Dispose"/>. For streams of large pieces, such as files, which would otherwise allocate an array for each of them.
/// </summary>
/// <remarks>
/// <para>
/// The C# type of an IDL <c>binary</c> with the annotation <c>(csharp.type="pooled")</c>; on the wire it is an ordinary binary. The default value is empty. Two are equal if their
/// bytes are.
/// </para>
/// <para>
/// Disposing of one is a promise that nobody uses its bytes any more: not the message that holds it, not a copy of this value, and no memory or span that was taken from it. The pool
/// gives the array to somebody else, for example to the next message of another call. It is never necessary: what is not disposed of is left to the garbage collector. Messages
/// that a buffer drops, that nobody reads, or that several observers share need no care.
/// </para>
/// <para>Any number of threads may read it. <see cref="Dispose"/> may be called more than once and from any thread, but not while another thread still reads.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(ThriftPooledBinaryJsonConverter))]
public readonly struct ThriftPooledBinary : IEquatable<ThriftPooledBinary>, IDisposable
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly RentedArray? _rented;

    /// <summary>Creates a binary from memory of the caller, without a copy: to send it. Disposing of it has no effect.</summary>
    /// <param name="memory">The bytes. They must not change before the message is sent: until the next one is asked for, if it is in a stream, and otherwise until the call has ended.</param>
    public ThriftPooledBinary(ReadOnlyMemory<byte> memory)
    {
        _memory = memory;
    }

    private ThriftPooledBinary(ReadOnlyMemory<byte> memory, RentedArray rented)
    {
        _memory = memory;
        _rented = rented;
    }

    /// <summary>The bytes. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The binary was disposed of.</exception>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            if (IsDisposed)
            {
                throw new ObjectDisposedException(nameof(ThriftPooledBinary), "The memory of this binary was returned to its pool. Read the bytes, or copy them, before disposing of it.");
            }

            return _memory;
        }
    }

    /// <summary>The bytes. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The binary was disposed of.</exception>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>The number of bytes, also after <see cref="Dispose"/>.</summary>
    public int Length => _memory.Length;

    /// <summary>Whether the binary is empty.</summary>
    public bool IsEmpty => _memory.IsEmpty;

    private bool IsDisposed => _rented is { IsReturned: true };

    /// <summary>Whether both have the same bytes. One that was disposed of equals only its copies.</summary>
    public static bool operator ==(ThriftPooledBinary left, ThriftPooledBinary right) => left.Equals(right);

    /// <summary>Whether the bytes differ.</summary>
    public static bool operator !=(ThriftPooledBinary left, ThriftPooledBinary right) => !left.Equals(right);

    /// <summary>Returns the memory to its pool, for this value and all its copies. Nothing happens if it was returned, or came from elsewhere.</summary>
    public void Dispose() => _rented?.Return();

    /// <summary>Whether both have the same bytes. One that was disposed of equals only its copies.</summary>
    public bool Equals(ThriftPooledBinary other)
        => IsDisposed || other.IsDisposed ? ReferenceEquals(_rented, other._rented) : _memory.Span.SequenceEqual(other._memory.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ThriftPooledBinary other && Equals(other);

    /// <summary>A hash of the bytes that is secret to this process; another one after <see cref="Dispose"/>.</summary>
    public override int GetHashCode() => IsDisposed ? RuntimeHelpers.GetHashCode(_rented) : SecretHash.Of(_memory.Span);

    /// <summary>The beginning of the bytes as text for people; the format can change.</summary>
    public override string ToString() => IsDisposed ? $"{Length} bytes, disposed of" : ThriftPrinter.Text(_memory.Span);

    /// <summary>Takes over an array of the shared pool.</summary>
    internal static ThriftPooledBinary Owning(byte[] array, int offset, int length) => new(array.AsMemory(offset, length), new RentedArray(array));

    /// <summary>Copies bytes into an array of the shared pool.</summary>
    internal static ThriftPooledBinary Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        var array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(array);
        return Owning(array, 0, bytes.Length);
    }
}
