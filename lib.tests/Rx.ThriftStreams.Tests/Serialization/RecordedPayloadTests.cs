using System.Text.Json.Nodes;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>What Kitex put on the wire, read by what the compiler generates.</summary>
public sealed class RecordedPayloadTests
{
    /// <summary>Every recorded payload: its name, its bytes, and the value as the Go client printed it, or nothing where it refused it.</summary>
    public static TheoryData<string, string, string> Payloads
    {
        get
        {
            var payloads = new TheoryData<string, string, string>();
            foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Serialization", "Recorded", "alltypes.tsv")))
            {
                if (!line.StartsWith('#'))
                {
                    string[] columns = line.Split('\t');
                    payloads.Add(columns[0], columns[1], columns[2]);
                }
            }

            return payloads;
        }
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Deserialize_AndSerialize_KeepTheValueThatKitexShows(string name, string hex, string json)
    {
        byte[] recorded = Bytes.Of(hex);
        AllTypes value = ThriftSerializer.Deserialize<AllTypes>(recorded, out int consumed);

        Assert.Equal(recorded.Length, consumed);
        foreach (ThriftProtocol protocol in Enum.GetValues<ThriftProtocol>())
        {
            AllTypes again = ThriftSerializer.Deserialize<AllTypes>(ThriftSerializer.SerializeToArray(value, protocol), protocol);
            Assert.Equal(value, again);
        }

        if (json.Length == 0)
        {
            // Kitex fails on these bytes of its own; here an empty struct or union stands for none.
            Assert.Null(name.StartsWith("nilunion", StringComparison.Ordinal) ? value.FUnion : value.FStruct);
            return;
        }

        JsonObject expected = JsonNode.Parse(json)!.AsObject();
        JsonObject actual = JsonNode.Parse(RecordedJson.OfAllTypes(ThriftSerializer.SerializeToArray(value)).ToJsonString())!.AsObject();
        foreach ((string field, JsonNode? node) in expected)
        {
            Assert.True(JsonNode.DeepEquals(node, actual[field]), $"{field} is {actual[field]?.ToJsonString()} and should be {node?.ToJsonString()}");
        }

        // The Go client does not print an optional field whose value is zero or empty.
        Assert.All(actual.Where(pair => !expected.ContainsKey(pair.Key)), pair => Assert.Contains(pair.Value!.ToJsonString(), (string[])["0", "\"\"", "[]", "{}"]));
    }
}
