namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Where this library answers otherwise than the recorded programs, on purpose, and why.</summary>
internal static class Deviations
{
    private const string ReadDefaults =
        "A Kitex server reads an absent optional field with a default as zero and then writes the zero; here it has the IDL's default, which is not written.";

    private const string ReadsNil = "Kitex fails on the empty struct or union that its own client writes for a nil one; here it is read as absent, and an absent value is echoed.";
    private const string OwnText = "The text of a lost connection is this library's own.";

    private const string OwnCode = "A lost connection has its own number, 12006, and its own text; Kitex reports it with the number of a malformed frame, 12004.";
    private const string GivenUp = "The client gives up before the server answers.";
    private const string Stopping = "The server is stopped in the middle of this recording; how a server stops is tested separately.";

    internal static IReadOnlyDictionary<string, string> OfServer { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["grpc-sink-bidi-edge"] = ReadDefaults,
        ["grpc-sink-bidi-empty"] = ReadDefaults,
        ["grpc-sink-bidi-min"] = ReadDefaults,
        ["grpc-sink-bidi-nilstruct"] = ReadsNil,
        ["grpc-sink-bidi-nilunion"] = ReadsNil,
        ["pingpong-grpc-sink-nilstruct"] = ReadsNil,
        ["ttheader-streaming-sink-bidi-edge"] = ReadDefaults,
        ["ttheader-streaming-sink-bidi-min"] = ReadDefaults,
        ["ttheader-streaming-sink-bidi-nilstruct"] = ReadsNil,
        ["ttheader-streaming-sink-bidi-nilunion"] = ReadsNil,
        ["pingpong-buffered-sink-nilstruct"] = ReadsNil,
        ["pingpong-buffered-sink-nilunion"] = ReadsNil,
        ["pingpong-framed-sink-nilunion"] = ReadsNil,
        ["pingpong-ttheader-sink-nilstruct"] = ReadsNil,
        ["pingpong-ttheader-sink-nilunion"] = ReadsNil,
        ["pingpong-ttheaderframed-sink-nilstruct"] = ReadsNil,
        ["pingpong-ttheaderframed-sink-nilunion"] = ReadsNil,
        ["ttheader-streaming-header-unary"] = "Headers that a handler sets are also sent in a TTHeader reply; Kitex drops them.",
        ["grpc-header-client"] = "The recorded server repeats a header that the handler sets twice, which Kitex's own client cannot read; here the second value replaces the first.",
        ["pingpong-grpc-metainfo"] = "Handlers see metainfo only as metainfo, not also among the headers.",
    };

    internal static IReadOnlyDictionary<string, string> OfClient { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["grpc-header-client"] = "A Kitex client cannot read a header that has two values; here the client sees both.",
        ["grpc-server-shutdown"] = OwnText,
        ["pingpong-buffered-sink-nilunion"] = OwnText,
        ["pingpong-framed-sink-nilunion"] = OwnText,
        ["pingpong-ttheader-sink-nilunion"] = OwnText,
        ["pingpong-ttheaderframed-sink-nilunion"] = OwnText,
        ["ttheader-streaming-biz-after-2-server"] = "A Kitex client discards unread messages when a business error arrives; here they are delivered first.",
        ["ttheader-streaming-server-shutdown"] = OwnCode,
        ["ttheader-streaming-bigheader2-bidi"] = OwnCode,
    };

    /// <summary>Recordings that say nothing about a server.</summary>
    internal static IReadOnlyDictionary<string, string> NotForServers { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["grpc-server-shutdown"] = Stopping,
        ["ttheader-streaming-server-shutdown"] = Stopping,
        ["pingpong-grpc-sink-nilunion"] = "A Kitex server never answers this call and its client gives up; here it is answered.",
        ["pingpong-grpc-rpctimeout-exceeded"] = GivenUp,
        ["pingpong-buffered-rpctimeout-exceeded"] = GivenUp,
        ["pingpong-framed-rpctimeout-exceeded"] = GivenUp,
        ["pingpong-ttheader-rpctimeout-exceeded"] = GivenUp,
        ["pingpong-ttheaderframed-rpctimeout-exceeded"] = GivenUp,
        ["ttheader-streaming-deadline-exceeded-unary"] = GivenUp,
    };
}
