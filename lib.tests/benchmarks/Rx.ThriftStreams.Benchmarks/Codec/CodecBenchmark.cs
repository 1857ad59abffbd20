using System.Buffers;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using MemoryPack;
using MessagePack;
using Rx.ThriftStreams.Benchmarks.Codec.Idl;
using Rx.ThriftStreams.Serialization;
using Thrift;
using Thrift.Protocol;
using Thrift.Transport.Client;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary>One message, written into memory that is there already and read from memory, by each codec.</summary>
[MemoryDiagnoser]
public abstract class CodecBenchmark<TThrift, TPacked, TApache, TProto>
    where TThrift : class, IThriftStruct<TThrift>
    where TPacked : class
    where TApache : TBase, new()
    where TProto : class, IMessage<TProto>, new()
{
    private readonly ThriftWriteBuffer _buffer = new();
    private readonly ArrayBufferWriter<byte> _writer = new(64 * 1024);
    private readonly TMemoryBufferTransport _transport = new(new TConfiguration(), 64 * 1024);
    private readonly MessageParser<TProto> _parser = new(static () => new TProto());
    private TThrift _value = null!;
    private TPacked _packed = null!;
    private TApache _apache = default!;
    private TProto _proto = null!;
    private byte[] _binary = null!;
    private byte[] _compact = null!;
    private byte[] _protobuf = null!;
    private byte[] _messagePack = null!;
    private byte[] _memoryPack = null!;
    private byte[] _copy = null!;

    protected abstract (TThrift Value, TPacked Packed, TApache Apache, TProto Proto) Create();

    [GlobalSetup]
    public void Setup()
    {
        (_value, _packed, _apache, _proto) = Create();
        _binary = ThriftSerializer.SerializeToArray(_value);
        _compact = ThriftSerializer.SerializeToArray(_value, ThriftProtocol.Compact);
        _protobuf = _proto.ToByteArray();
        _messagePack = MessagePackSerializer.Serialize(_packed);
        _memoryPack = MemoryPackSerializer.Serialize(_packed);
        _copy = new byte[_binary.Length];
        WriteApacheBinary();
        if (!_transport.GetBuffer().AsSpan(0, _transport.Length).SequenceEqual(_binary))
        {
            throw new InvalidOperationException("Apache Thrift writes other bytes, so the rows would not be about the same thing.");
        }
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteThriftBinary()
    {
        _buffer.Reset();
        ThriftSerializer.Serialize(_value, _buffer);
        return _buffer.Length;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteThriftBinaryToBufferWriter()
    {
        _writer.ResetWrittenCount();
        ThriftSerializer.Serialize(_value, _writer);
        return _writer.WrittenCount;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteThriftCompact()
    {
        _buffer.Reset();
        ThriftSerializer.Serialize(_value, _buffer, ThriftProtocol.Compact);
        return _buffer.Length;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteApacheBinary()
    {
        _transport.SetLength(0);
        _transport.Position = 0;
        var protocol = new TBinaryProtocol(_transport);
        _apache.WriteAsync(protocol, default).GetAwaiter().GetResult();
        return _transport.Length;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteProtobuf()
    {
        _writer.ResetWrittenCount();
        _proto.WriteTo(_writer);
        return _writer.WrittenCount;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteMessagePack()
    {
        _writer.ResetWrittenCount();
        MessagePackSerializer.Serialize(_writer, _packed);
        return _writer.WrittenCount;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteMemoryPack()
    {
        _writer.ResetWrittenCount();
        MemoryPackSerializer.Serialize(_writer, _packed);
        return _writer.WrittenCount;
    }

    [Benchmark, BenchmarkCategory("Write")]
    public int WriteMemcpy()
    {
        _binary.AsSpan().CopyTo(_copy);
        return _copy.Length;
    }

    [Benchmark, BenchmarkCategory("Read")]
    public object ReadThriftBinary() => ThriftSerializer.Deserialize<TThrift>(_binary);

    [Benchmark, BenchmarkCategory("Read")]
    public object ReadThriftCompact() => ThriftSerializer.Deserialize<TThrift>(_compact, ThriftProtocol.Compact);

    [Benchmark, BenchmarkCategory("Read")]
    public object ReadApacheBinary()
    {
        var value = new TApache();
        using var transport = new TMemoryBufferTransport(_binary, new TConfiguration());
        value.ReadAsync(new TBinaryProtocol(transport), default).GetAwaiter().GetResult();
        return value;
    }

    [Benchmark, BenchmarkCategory("Read")]
    public object ReadProtobuf() => _parser.ParseFrom(_protobuf);

    [Benchmark, BenchmarkCategory("Read")]
    public object ReadMessagePack() => MessagePackSerializer.Deserialize<TPacked>(_messagePack);

    [Benchmark, BenchmarkCategory("Read")]
    public object? ReadMemoryPack() => MemoryPackSerializer.Deserialize<TPacked>(_memoryPack);
}

/// <summary>A message of one string of 1 KB.</summary>
public class TextBenchmark : CodecBenchmark<TextMessage, PackedTextMessage, ApacheTextMessage, Proto.TextMessage>
{
    protected override (TextMessage Value, PackedTextMessage Packed, ApacheTextMessage Apache, Proto.TextMessage Proto) Create()
        => (Models.Text(), Models.PackedText(), Models.ApacheText(), Models.ProtoText());
}

/// <summary>A message of 20 structs, 1000 × i64 and a map, about 9 KB.</summary>
public class DocumentBenchmark : CodecBenchmark<Document, PackedDocument, ApacheDocument, Proto.Document>
{
    protected override (Document Value, PackedDocument Packed, ApacheDocument Apache, Proto.Document Proto) Create()
        => (Models.Document(), Models.PackedDocument(), Models.ApacheDocument(), Models.ProtoDocument());
}
