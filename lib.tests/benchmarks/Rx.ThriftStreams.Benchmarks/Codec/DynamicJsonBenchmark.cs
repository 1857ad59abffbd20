using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Rx.ThriftStreams.Benchmarks.Codec.Idl;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary>JSON to Thrift and back by a schema at run time, beside System.Text.Json with the generated types.</summary>
[MemoryDiagnoser]
public class DynamicJsonBenchmark
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private readonly ThriftWriteBuffer _output = new();
    private ThriftStructSchema _schema = null!;
    private ThriftDynamicMessage _message = null!;
    private byte[] _json = null!;
    private byte[] _bytes = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _schema = ThriftSchema.FromText(
            """
            struct Item { 1: i64 id, 2: string name, 3: double price, 4: i32 quantity, 5: bool active }
            struct Document { 1: i64 id, 2: string title, 3: list<Item> items, 4: list<i64> samples, 5: map<string, i32> counts }
            """).GetStruct("Document");
        var document = Models.Document();
        _message = ThriftDynamicMessage.From(document, _schema);
        _bytes = _message.Bytes.ToArray();
        _json = JsonSerializer.SerializeToUtf8Bytes(document, s_options);
    }

    /// <summary>JSON to bytes, by the schema.</summary>
    [Benchmark]
    public int FromJson_Dynamic() => ThriftDynamicMessage.FromJson(_schema, _json).Bytes.Length;

    /// <summary>JSON to an object to bytes.</summary>
    [Benchmark]
    public int FromJson_SystemTextJson()
    {
        _output.Reset();
        ThriftSerializer.Serialize(JsonSerializer.Deserialize<Document>(_json, s_options)!, _output);
        return _output.Length;
    }

    /// <summary>Bytes to JSON, by the schema.</summary>
    [Benchmark]
    public int ToJson_Dynamic()
    {
        _output.Reset();
        _message.WriteJson(_output);
        return _output.Length;
    }

    /// <summary>Bytes to an object to JSON.</summary>
    [Benchmark]
    public int ToJson_SystemTextJson()
    {
        _output.Reset();
        using var json = new Utf8JsonWriter(_output);
        JsonSerializer.Serialize(json, ThriftSerializer.Deserialize<Document>(_bytes), s_options);
        return _output.Length;
    }
}
