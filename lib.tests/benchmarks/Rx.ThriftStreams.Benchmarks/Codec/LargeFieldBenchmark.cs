using System.Buffers;
using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Benchmarks.Codec.Idl;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary>A message of one text of 64 KiB, as each C# type that can hold it.</summary>
[MemoryDiagnoser]
public class LargeFieldBenchmark
{
    private const int Length = 64 * 1024;

    private readonly ThriftWriteBuffer _buffer = new();
    private readonly TextMessage _string = new() { Text = new string('x', Length) };
    private readonly Utf8Message _utf8 = new() { Text = new(new string('x', Length)) };
    private readonly BinaryMessage _binary = new() { Bytes = Enumerable.Repeat((byte)'x', Length).ToArray() };
    private byte[] _bytes = [];

    [GlobalSetup]
    public void Setup() => _bytes = ThriftSerializer.SerializeToArray(_string);

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteString() => Write(_string);

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteUtf8String() => Write(_utf8);

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteBinary() => Write(_binary);

    [Benchmark, BenchmarkCategory("Read")]
    public TextMessage ReadString() => ThriftSerializer.Deserialize<TextMessage>(_bytes);

    [Benchmark, BenchmarkCategory("Read")]
    public Utf8Message ReadUtf8String() => ThriftSerializer.Deserialize<Utf8Message>(_bytes);

    [Benchmark, BenchmarkCategory("Read")]
    public BinaryMessage ReadBinary() => ThriftSerializer.Deserialize<BinaryMessage>(_bytes);

    /// <summary>The least that reading into memory of a pool costs.</summary>
    [Benchmark, BenchmarkCategory("Read")]
    public void CopyIntoRentedMemory()
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Length);
        _bytes.AsSpan(7, Length).CopyTo(rented);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private int Write<T>(T message)
        where T : IThriftStruct<T>
    {
        _buffer.Reset();
        ThriftSerializer.Serialize(message, _buffer);
        return _buffer.Length;
    }
}
