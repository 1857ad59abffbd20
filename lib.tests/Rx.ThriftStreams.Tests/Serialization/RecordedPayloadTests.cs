using System.Text.Json.Nodes;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>What Kitex put on the wire in every recorded KitchenSink call, read by what the compiler generates.</summary>
public sealed class RecordedPayloadTests
{
    public static TheoryData<string> Names => [.. RecordedSinkPayloads.Recordings.Select(recording => recording.Name)];

    public static TheoryData<string> NilNames
        => [.. RecordedSinkPayloads.Recordings.Select(recording => recording.Name).Where(name => name.Contains("-nil", StringComparison.Ordinal))];

    [Fact]
    public void Names_AllTransportsAndSamples_AreThere() => Assert.True(Names.Count >= 40, $"{Names.Count} recordings were found.");

    [Theory]
    [MemberData(nameof(Names))]
    public void Deserialize_BothDirections_SurvivesReencodingInEveryProtocol(string name)
    {
        var recording = Recording.Get(name);
        byte[][] payloads = [.. RecordedSinkPayloads.Of(recording, fromClient: true), .. RecordedSinkPayloads.Of(recording, fromClient: false)];

        Assert.NotEmpty(payloads);
        foreach (var recorded in payloads)
        {
            var value = ThriftSerializer.Deserialize<AllTypes>(recorded, out var consumed);
            Assert.Equal(recorded.Length, consumed);
            foreach (var protocol in Enum.GetValues<ThriftProtocol>())
            {
                Assert.Equal(value, ThriftSerializer.Deserialize<AllTypes>(ThriftSerializer.SerializeToArray(value, protocol), protocol));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Deserialize_WhatTheServerSent_HasTheValuesThatTheClientPrinted(string name)
    {
        var recording = Recording.Get(name);
        var printed = recording.ClientStdout.Where(line => line.StartsWith("RECV", StringComparison.Ordinal)).Select(line => line[line.IndexOf('{', StringComparison.Ordinal)..]);

        foreach (var (recorded, json) in RecordedSinkPayloads.Of(recording, fromClient: false).Zip(printed))
        {
            AssertShows(json, ThriftSerializer.Deserialize<AllTypes>(recorded));
        }

        Assert.Equal(printed.Count(), Math.Min(printed.Count(), RecordedSinkPayloads.Of(recording, fromClient: false).Count()));
    }

    /// <summary>Kitex writes nil structs and unions as empty ones, and fails on such bytes of its own; here they stand for none.</summary>
    [Theory]
    [MemberData(nameof(NilNames))]
    public void Deserialize_NilStructOrUnion_IsNull(string name)
    {
        var isNilUnion = name.EndsWith("nilunion", StringComparison.Ordinal);

        var value = ThriftSerializer.Deserialize<AllTypes>(RecordedSinkPayloads.Of(Recording.Get(name), fromClient: true).First());

        Assert.Null(isNilUnion ? value.FUnion : value.FStruct);
    }

    private static void AssertShows(string json, AllTypes value)
    {
        var expected = JsonNode.Parse(json)!.AsObject();
        var actual = JsonNode.Parse(RecordedJson.OfAllTypes(ThriftSerializer.SerializeToArray(value)).ToJsonString())!.AsObject();

        // Optional fields that have their defaults are not written; they are there all the same.
        actual["opt_def_i32"] = value.OptDefI32;
        actual["opt_def_string"] = value.OptDefString;
        foreach (var (field, node) in expected)
        {
            Assert.True(JsonNode.DeepEquals(node, actual[field]), $"{field} is {actual[field]?.ToJsonString()} and should be {node?.ToJsonString()}");
        }

        // The Go client does not print an optional field whose value is zero or empty.
        Assert.All(actual.Where(pair => !expected.ContainsKey(pair.Key)), pair => Assert.Contains(pair.Value!.ToJsonString(), (string[])["0", "\"\"", "[]", "{}"]));
    }
}
