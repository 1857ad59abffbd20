using System.Text;
using CsCheck;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>JSON by a schema: what is refused and where, in which order fields are written, and what is bounded.</summary>
public sealed class JsonMappingTests
{
    private static readonly ThriftSchema Schema = ThriftSchema.FromText(
        """
        enum Color { RED = 1, BLUE = 10 }
        struct Leaf { 1: required string name, 2: optional list<i32> numbers, 3: optional map<string, Leaf> children }
        union Choice { 1: i64 number, 2: string text }
        struct Node { 1: optional byte y, 2: optional i32 i, 3: optional double d, 4: optional Leaf leaf, 5: optional list<Node> nodes, 6: optional Color color, 7: optional binary x, 8: optional uuid id, 9: optional Choice choice, 10: optional bool b, 11: optional string s }
        struct Needs { 1: required Choice choice }
        struct Wide { 1: optional string text = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" }
        struct Wides { 1: list<Wide> all }
        """);

    private static ThriftStructSchema Node => Schema.GetStruct("Node");

    [Theory]
    [InlineData("""{"y":300}""", "$.y")]
    [InlineData("""{"i":3.9}""", "$.i")]
    [InlineData("""{"i":"abc"}""", "$.i")]
    [InlineData("""{"i":[1]}""", "$.i")]
    [InlineData("""{"i":99999999999999999999}""", "$.i")]
    [InlineData("""{"d":"x"}""", "$.d")]
    [InlineData("""{"b":"maybe"}""", "$.b")]
    [InlineData("""{"color":"GREEN"}""", "$.color")]
    [InlineData("""{"x":"*"}""", "$.x")]
    [InlineData("""{"id":"1"}""", "$.id")]
    [InlineData("""{"s":"\ud83d"}""", "$.s")]
    [InlineData("""{"leaf":5}""", "$.leaf")]
    [InlineData("""{"leaf":{"name":"n","numbers":[1,2,"x"]}}""", "$.leaf.numbers[2]")]
    [InlineData("""{"leaf":{"name":"n","children":{"a":{"name":"a"},"b":{"name":"b","numbers":[true]}}}}""", "$.leaf.children[1].numbers[0]")]
    [InlineData("""{"nodes":[{},{"y":1},{"y":1000}]}""", "$.nodes[2].y")]
    [InlineData("""{"i":1""", "$")]
    [InlineData("""{"i":1} x""", "$")]
    [InlineData("", "$")]
    public void FromJson_WhatDoesNotFit_IsRefusedWithItsPath(string json, string path)
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Node, json));

        Assert.Equal(path, error.Path);
        Assert.EndsWith($"(at {path}).", error.Message, StringComparison.Ordinal);
        Assert.Equal(ThriftStatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public void FromJson_MembersInAnyOrder_AreWrittenInTheOrderOfIds()
    {
        var ordered = ThriftDynamicMessage.FromJson(Node, """{"y":1,"i":2,"leaf":{"name":"n","numbers":[1]},"nodes":[{"y":3,"i":4}]}""");
        var mixed = ThriftDynamicMessage.FromJson(Node, """{"nodes":[{"i":4,"y":3}],"leaf":{"numbers":[1],"name":"n"},"i":2,"y":1}""");

        Assert.Equal(Convert.ToHexString(ordered.Bytes.Span), Convert.ToHexString(mixed.Bytes.Span));
    }

    [Fact]
    public void FromJson_NameOfAnEnumsMember_IsItsNumber()
        => Assert.Equal("""{"color":10}""", ThriftDynamicMessage.FromJson(Node, """{"color":"BLUE"}""").ToJson());

    [Fact]
    public void FromJson_RequiredUnionThatIsMissing_IsRefused()
    {
        var error = Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Schema.GetStruct("Needs"), "{}"));

        Assert.Equal("$.choice", error.Path);
    }

    [Fact]
    public void ToJson_TypeThatDiffersFromTheSchema_IsRefusedWithItsPath()
    {
        // A list of structs, the second of which has a string as its i32.
        var message = new ThriftDynamicMessage(Convert.FromHexString("0f00050c00000002" + "00" + "0b00020000000161" + "00" + "00"), Node);

        var error = Assert.Throws<ThriftJsonException>(() => message.ToJson());

        Assert.Equal("$.nodes[1].i", error.Path);
        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
    }

    [Fact]
    public void Json_NestedDeeperThanTheLimit_IsRefused()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"nodes":[""", 40)) + "{}" + string.Concat(Enumerable.Repeat("]}", 40));

        Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Node, deep));
        var message = ThriftDynamicMessage.FromJson(Node, deep, new() { MaxDepth = 200 });
        Assert.Equal(ThriftStatusCode.ResourceExhausted, Assert.Throws<ThriftJsonException>(() => message.ToJson()).StatusCode);
        Assert.Equal(deep, message.ToJson(new() { MaxDepth = 200 }));
    }

    [Fact]
    public void Json_ThatGrowsBeyondTheLimit_IsRefusedBeforeItIsLarge()
    {
        // A byte for each struct, a hundred for each default that is printed.
        var bytes = new byte[8 + 100_000 + 1];
        Convert.FromHexString("0f00010c000186a0").CopyTo(bytes, 0);
        var message = new ThriftDynamicMessage(bytes, Schema.GetStruct("Wides"));

        Assert.Equal(ThriftStatusCode.ResourceExhausted, Assert.Throws<ThriftJsonException>(() => message.ToJson(new() { MaxSize = 1_000_000 })).StatusCode);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, Assert.Throws<ThriftJsonException>(() => ThriftDynamicMessage.FromJson(Node, "{\"s\":\"" + new string('x', 100) + "\"}", new() { MaxSize = 50 })).StatusCode);
        Assert.True(message.ToJson(new() { PrintDefaults = false, MaxSize = 1_000_000 }).Length < 400_000);
    }

    [Fact]
    public void ToObject_ThatTakesMuchMemory_IsRefused()
    {
        // Five million structs of one byte would be objects of more than a gigabyte.
        var bytes = new byte[8 + 5_000_000 + 1];
        Convert.FromHexString("0f00050c004c4b40").CopyTo(bytes, 0);
        var message = new ThriftDynamicMessage(bytes, Node);

        Assert.Equal(ThriftStatusCode.ResourceExhausted, Assert.Throws<ThriftJsonException>(() => message.ToObject()).StatusCode);
    }

    [Fact]
    public void ArbitraryBytes_ReadByASchema_GiveJsonOrAnError()
        => Gen.Byte.Array[0, 64].Sample(static bytes =>
        {
            try
            {
                var message = ThriftSerializer.Deserialize<ThriftDynamicMessage>(bytes).WithSchema(Node);
                var again = ThriftDynamicMessage.FromJson(Node, message.ToJson(), new() { Lenient = true });
                Assert.NotNull(message.ToObject());
                Assert.True(again.Bytes.Length > 0);
            }
            catch (ThriftException error)
            {
                Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
            }
        });

    [Fact]
    public void MutatedMessages_ReadByASchema_GiveJsonOrAnError()
    {
        var seed = ThriftDynamicMessage.FromJson(
            Node,
            """{"y":1,"i":2,"d":1.5,"leaf":{"name":"n","numbers":[1,2],"children":{"k":{"name":"m"}}},"nodes":[{"y":3},{"b":true}],"x":"AAEC","id":"00112233-4455-6677-8899-aabbccddeeff","choice":{"text":"t"},"s":"ü"}""").Bytes.ToArray();
        Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Int[0, seed.Length - 1], Gen.Byte).Sample((at, value, at2, value2) =>
        {
            var bytes = (byte[])seed.Clone();
            bytes[at] = value;
            bytes[at2] = value2;
            try
            {
                var message = ThriftSerializer.Deserialize<ThriftDynamicMessage>(bytes).WithSchema(Node);
                _ = System.Text.Json.JsonDocument.Parse(message.ToJson());
                _ = message.ToObject();
            }
            catch (ThriftException error)
            {
                Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void MutatedJson_GivesAMessageOrAnErrorWithAPath()
    {
        var seed = Encoding.UTF8.GetBytes("""{"y":1,"i":"2","d":1.5e3,"leaf":{"name":"n\u00e9","numbers":[1,2],"children":{"k":{"name":"m"}}},"nodes":[{"y":3},{"b":true}],"x":"AAEC","id":"00112233-4455-6677-8899-aabbccddeeff","choice":{"text":"t"},"s":"ü","color":"BLUE"}""");
        Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Bool).Sample((at, value, at2, value2, lenient) =>
        {
            var json = (byte[])seed.Clone();
            json[at] = value;
            json[at2] = value2;
            try
            {
                // Whatever is written is one struct that can be read again.
                var message = ThriftDynamicMessage.FromJson(Node, json, new() { Lenient = lenient });
                _ = new ThriftDynamicMessage(message.Bytes, Node).ToJson();
            }
            catch (ThriftJsonException error)
            {
                Assert.StartsWith("$", error.Path, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public void MutatedMessagesAndJson_UnderSmallBudgets_StayWithinThem()
    {
        var json = Encoding.UTF8.GetBytes("""{"leaf":{"name":"n","numbers":[1,2,3,4,5,6,7,8],"children":{"k":{"name":"m","children":{"l":{"name":"o"}}}}},"nodes":[{"y":3},{"b":true}],"x":"AAEC"}""");
        var seed = ThriftDynamicMessage.FromJson(Node, json).Bytes.ToArray();
        var limits = new ThriftDynamicJsonOptions { MaxDepth = 5, MaxSize = 250, Lenient = true };
        var (kept, refused) = (0, 0);
        Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Int[0, json.Length - 1], Gen.Byte).Sample((at, value, at2, value2) =>
        {
            var bytes = (byte[])seed.Clone();
            bytes[at] = value;
            var text = (byte[])json.Clone();
            text[at2] = value2;
            foreach (var message in new Func<ThriftDynamicMessage>[] { () => new(bytes, Node), () => ThriftDynamicMessage.FromJson(Node, text, limits) })
            {
                try
                {
                    Assert.InRange(message().ToJson(limits).Length, 2, 250);
                    Interlocked.Increment(ref kept);
                }
                catch (ThriftException error)
                {
                    Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
                    Interlocked.Increment(ref refused);
                }
            }
        });

        Assert.True(kept > 0 && refused > 0);
    }
}
