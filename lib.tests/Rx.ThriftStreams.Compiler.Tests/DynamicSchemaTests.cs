using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CsCheck;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Random schemas and values: generated code and the schema at run time agree on bytes and JSON.</summary>
public sealed class DynamicSchemaTests
{
    private const int Structs = 12;
    private const int Values = 40;
    private const string Utf8 = "string (csharp.type=\"utf8\")";
    private const string Pooled = "binary (csharp.type=\"pooled\")";

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [Fact]
    public void RandomValues_OfRandomSchemas_HaveEqualBytesAndJson()
    {
        // One compilation for many structs, since that is what takes time. Later structs contain earlier ones.
        Gen.Int[0, int.MaxValue].Array[Structs].Sample(
            seeds =>
            {
                var shapes = seeds.Select((seed, i) => new Shape(new Random(seed), i)).ToArray();
                var idl = "namespace csharp Demo\nenum Color { RED = 1, BLUE = 10 }\n" + string.Concat(shapes.Select(static shape => shape.Idl));
                var schema = ThriftSchema.FromText(idl);
                var generated = GeneratedAssembly.Compile(idl);
                foreach (var shape in shapes)
                {
                    for (var i = 0; i < Values; i++)
                    {
                        Check(schema.GetStruct(shape.Name), generated, shape.Value(shapes).ToJsonString());
                    }
                }
            },
            iter: 2,
            threads: 1);
    }

    private static void Check(ThriftStructSchema schema, GeneratedAssembly generated, string json)
    {
        var message = ThriftDynamicMessage.FromJson(schema, json);
        var value = generated.Read("Demo." + schema.Name, message.Bytes.ToArray());

        Assert.Equal(Convert.ToHexString(message.Bytes.Span), Convert.ToHexString(GeneratedAssembly.Write(value)));
        var printed = JsonSerializer.SerializeToNode(value, value.GetType(), Json);
        Assert.True(JsonNode.DeepEquals(printed, JsonNode.Parse(message.ToJson())), $"{message.ToJson()} instead of {printed!.ToJsonString()}");
        Assert.Equal(Convert.ToHexString(message.Bytes.Span), Convert.ToHexString(ThriftDynamicMessage.FromObject(schema, message.ToObject()).Bytes.Span));
    }

    /// <summary>A struct with random fields.</summary>
    private sealed class Shape
    {
        private readonly Random _random;
        private readonly List<(string Name, string Type, bool IsOptional)> _fields = [];
        private readonly int _index;

        public Shape(Random random, int index)
        {
            _random = random;
            _index = index;
            var count = random.Next(1, 9);
            for (var i = 0; i < count; i++)
            {
                _fields.Add(($"F{i}", Type(2), random.Next(2) == 0));
            }
        }

        public string Name => $"S{_index}";

        /// <summary>The ids are in no order.</summary>
        public string Idl => $"struct {Name} {{ {string.Join(", ", _fields.Select((member, i) => $"{(i * 7 % 11) + 1}: {(member.IsOptional ? "optional" : "")} {member.Type} {member.Name}"))} }}\n";

        public JsonObject Value(Shape[] all)
        {
            var value = new JsonObject();
            foreach (var field in _fields)
            {
                if (!field.IsOptional || _random.Next(2) == 0)
                {
                    value.Add(field.Name, Value(field.Type, all));
                }
            }

            return value;
        }

        private string Type(int depth)
        {
            var kind = _random.Next(depth == 0 ? 10 : 14);
            return kind switch
            {
                0 => "bool",
                1 => "byte",
                2 => "i16",
                3 => "i32",
                4 => "i64",
                5 => "double",
                6 => "string",
                7 => _random.Next(2) == 0 ? "binary" : Pooled,
                8 => "Color",
                9 => Utf8,
                10 => $"list<{Type(depth - 1)}>",
                11 => "set<i32>",
                12 => $"map<{new[] { "string", Utf8, "i64" }[_random.Next(3)]},{Type(depth - 1)}>",
                _ => _index == 0 ? "uuid" : $"S{_random.Next(_index)}",
            };
        }

        private JsonNode Value(string type, Shape[] all)
        {
            switch (type)
            {
                case "bool": return _random.Next(2) == 0;
                case "byte": return (sbyte)_random.Next(-128, 128);
                case "i16": return (short)_random.Next(short.MinValue, short.MaxValue + 1);
                case "i32": return _random.Next(int.MinValue, int.MaxValue);
                case "i64": return _random.NextInt64(long.MinValue, long.MaxValue);
                case "double": return _random.Next(3) == 0 ? _random.Next(-5, 5) : BitConverter.Int64BitsToDouble(_random.NextInt64(1L << 60, (1L << 62) - 1));
                case "string" or Utf8: return new[] { "", "a", "\"\\/\n\u0001", "ü😀<&>", new string('x', _random.Next(300)) }[_random.Next(5)];
                case "binary" or Pooled: return Convert.ToBase64String(Bytes());
                case "Color": return new[] { 1, 10, 77 }[_random.Next(3)];
                case "uuid": return new Guid(Bytes(16)).ToString();
                case "set<i32>": return new JsonArray([.. Enumerable.Range(_random.Next(100), _random.Next(4)).Select(static i => (JsonNode)i)]);
            }

            if (type.StartsWith("list<", StringComparison.Ordinal))
            {
                return new JsonArray([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Value(type[5..^1], all))]);
            }

            if (type.StartsWith("map<", StringComparison.Ordinal))
            {
                var comma = type.IndexOf(',', StringComparison.Ordinal);
                return new JsonObject(Enumerable.Range(_random.Next(9), _random.Next(4)).Select(i => KeyValuePair.Create<string, JsonNode?>(i.ToString(CultureInfo.InvariantCulture), Value(type[(comma + 1)..^1], all))));
            }

            return all[int.Parse(type.AsSpan(1), CultureInfo.InvariantCulture)].Value(all);
        }

        private byte[] Bytes(int? length = null)
        {
            var bytes = new byte[length ?? _random.Next(20)];
            _random.NextBytes(bytes);
            return bytes;
        }
    }
}
