using System.Text.Json.Nodes;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>The examples that Kitex's own code produced: bytes and JSON are the same, apart from the differences that are listed and explained here and in docs/dynamic.md.</summary>
public sealed class GenericExampleTests
{
    private const string NoTwoForms = "A struct that nothing sets is left out, not written empty: a reader rejects one without its required fields.";
    private const string Defaults = "Defaults of the IDL are written; a negative byte is printed as it is.";
    private const string ValidJson = "The text must be JSON.";

    /// <summary>What differs from Kitex, and why. A member that is null is as in Kitex.</summary>
    private static readonly Dictionary<string, Difference> Differences = new()
    {
    };

    public static TheoryData<string> Ids() => [.. GenericExample.Ids];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Example_WrittenAndRead_IsAsInKitexOrDiffersAsDocumented(string id)
    {
        var example = GenericExample.Get(id);
        var expected = Differences.GetValueOrDefault(id) ?? new Difference("");
        var options = new ThriftDynamicJsonOptions { Lenient = true, BinaryAsBase64 = example.Options != "SetBinaryWithBase64(false)" };
        if (expected.Error is { } error)
        {
            var thrown = Assert.ThrowsAny<ThriftException>(() => Convert(example, options));
            Assert.Contains(error, thrown.Message, StringComparison.Ordinal);
            return;
        }

        var (payload, json) = Convert(example, options);

        Assert.Equal(expected.Payload ?? example.Payload, payload);
        var wanted = expected.Json ?? example.JsonOut;
        Assert.True(Same(wanted!, json), $"{json} instead of {wanted}");
    }

    [Fact]
    public void Differences_NameRecordsThatExist() => Assert.Empty(Differences.Keys.Except(GenericExample.Ids));

    private static (string? Payload, string Json) Convert(GenericExample example, ThriftDynamicJsonOptions options)
    {
        var method = example.Schema.GetService().GetMethod(example.Method);
        var schema = example.IsRequest ? method.Request : method.Response;
        var payload = example.Payload;
        if (example.IsWritten)
        {
            var text = example.JsonIn is "<nil>" or "<Void>" ? "null" : example.JsonIn!;
            payload = CanonicalBytes.Of(ThriftDynamicMessage.FromJson(schema, text, options).Bytes.Span);
        }

        var message = ThriftSerializer.Deserialize<ThriftDynamicMessage>(System.Convert.FromHexString(payload!));
        message = example.IsRequest ? message.WithSchema(schema) : MethodResult.Received(method, message);
        return (payload, message.ToJson(options));
    }

    /// <summary>Compares JSON values. Kitex hands out text and binary results without quotation marks, and nothing for void.</summary>
    private static bool Same(string kitex, string json)
    {
        var value = JsonNode.Parse(json);
        if (value is JsonValue text && text.TryGetValue(out string? plain))
        {
            return plain == kitex || (kitex.StartsWith('{') && JsonNode.DeepEquals(JsonNode.Parse(kitex), JsonNode.Parse(plain)));
        }

        return kitex == "<Void>" ? value is null : JsonNode.DeepEquals(JsonNode.Parse(kitex), value);
    }

    private sealed record Difference(string Why, string? Payload = null, string? Json = null, string? Error = null);
}
