using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftPooledBinaryTests
{
    private static readonly byte[] Sample = [1, 2, 3];

    [Fact]
    public void Default_IsEmptyAndCanBeDisposedOf()
    {
        ThriftPooledBinary binary = default;

        binary.Dispose();

        Assert.True(binary.IsEmpty);
        Assert.Equal(0, binary.Length);
        Assert.Empty(binary.Memory.ToArray());
        Assert.Equal(ThriftPooledBinary.Copy([]), binary);
        Assert.Equal("0x", binary.ToString());
    }

    [Fact]
    public void Constructor_KeepsTheMemory_AndDisposeLeavesIt()
    {
        var binary = new ThriftPooledBinary(Sample);

        binary.Dispose();

        Assert.True(MemoryMarshal.TryGetArray(binary.Memory, out var array));
        Assert.Same(Sample, array.Array);
        Assert.Equal("0x010203", binary.ToString());
    }

    [Fact]
    public void Dispose_OfACopy_EndsAll()
    {
        var binary = ThriftPooledBinary.Copy(Sample);
        var copy = binary;

        copy.Dispose();

        Assert.Throws<ObjectDisposedException>(() => binary.Memory);
        Assert.Throws<ObjectDisposedException>(() => binary.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => JsonSerializer.Serialize(binary));
        Assert.Equal(3, binary.Length);
        Assert.Equal("3 bytes, disposed of", binary.ToString());
    }

    /// <summary>An array that is returned twice would have two owners.</summary>
    [Fact]
    public void Dispose_ManyTimesFromManyThreads_ReturnsTheArrayOnce()
    {
        for (var round = 0; round < 100; round++)
        {
            var binary = ThriftPooledBinary.Copy(new byte[100_000]);
            Parallel.For(0, 8, _ => binary.Dispose());
            var arrays = Enumerable.Range(0, 8).Select(static _ => ArrayPool<byte>.Shared.Rent(100_000)).ToList();

            Assert.Equal(arrays.Count, arrays.Distinct(ReferenceEqualityComparer.Instance).Count());
            arrays.ForEach(static array => ArrayPool<byte>.Shared.Return(array));
        }
    }

    [Fact]
    public void Equality_IsThatOfTheBytes()
    {
        var pooled = ThriftPooledBinary.Copy(Sample);
        var own = new ThriftPooledBinary(Sample);

        Assert.True(pooled == own);
        Assert.Equal(pooled.GetHashCode(), own.GetHashCode());
        Assert.True(pooled != ThriftPooledBinary.Copy([1, 2]));
        Assert.False(pooled.Equals((object)"010203"));
    }

    [Fact]
    public void Equality_OfOneThatWasDisposedOf_IsIdentity()
    {
        var gone = ThriftPooledBinary.Copy(Sample);
        var other = ThriftPooledBinary.Copy(Sample);
        var copy = gone;
        gone.Dispose();

        Assert.Equal(copy, gone);
        Assert.Equal(copy.GetHashCode(), gone.GetHashCode());
        Assert.NotEqual(other, gone);
        Assert.NotEqual(gone, other);
        other.Dispose();
        Assert.NotEqual(other, gone);
        Assert.NotEqual(default, gone);
    }

    [Fact]
    public void Json_IsBase64()
    {
        var json = JsonSerializer.Serialize(ThriftPooledBinary.Copy(Sample));

        Assert.Equal("\"AQID\"", json);
        Assert.Equal(new ThriftPooledBinary(Sample), JsonSerializer.Deserialize<ThriftPooledBinary>(json));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ThriftPooledBinary>("\"?\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ThriftPooledBinary>("1"));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void Read_FromARentedArray_KeepsItIfTheBinaryFillsAQuarter(int beyond, bool isKept)
    {
        byte[]? rented = ArrayPool<byte>.Shared.Rent(1 << 16);
        var array = rented;
        var length = (array.Length / 4) + beyond;
        var data = array.AsSpan(4, sizeof(int) + length);
        BinaryPrimitives.WriteInt32BigEndian(data, length);
        data[sizeof(int)..].Fill(7);
        var reader = new ThriftReader(data, ref rented, null, CancellationToken.None);

        var binary = reader.ReadPooledBinary();

        Assert.Equal(isKept, rented is null);
        Assert.Equal(isKept, MemoryMarshal.TryGetArray(binary.Memory, out var held) && held.Array == array);
        Assert.Equal(length, binary.Length);
        Assert.True(binary.Span.IndexOfAnyExcept((byte)7) < 0);
        binary.Dispose();
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
