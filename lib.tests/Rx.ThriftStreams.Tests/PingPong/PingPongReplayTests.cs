using System.Net.Sockets;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.InteropProgram.Server;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.PingPong;

/// <summary>What Kitex clients sent in recorded ping-pong calls, answered by this library instead of Kitex's server.</summary>
public sealed partial class PingPongReplayTests : IAsyncLifetime
{
    /// <summary>Recordings to which Kitex's server says nothing, and this one something: nothing can be compared.</summary>
    private static readonly Dictionary<string, string> Unanswered = new()
    {
        ["rpctimeout-exceeded"] = "The recorded client closed the connection after 300 ms, before the handler had slept for its 800.",
        ["sink-nilunion"] = "Kitex's server cannot encode the union without a value that it has just decoded, and closes the connection.",
    };

    /// <summary>Answers that differ on purpose, with the reason. One that answers alike again must leave this list.</summary>
    private static readonly Dictionary<string, string> Differences = new()
    {
        ["sink-nilstruct"] = "Kitex writes a nil struct as an empty one, and refuses to read that where a field is required; here it is read as null, as documented.",
    };

    private ThriftServer _server = null!;

    public static TheoryData<string> Names => [.. Recordings.Select(recording => recording.Name).Where(name => !Unanswered.ContainsKey(CallOf(name)))];

    public static TheoryData<string> UnansweredNames => [.. Recordings.Select(recording => recording.Name).Where(name => Unanswered.ContainsKey(CallOf(name)))];

    private static IEnumerable<Recording> Recordings => Recording.All.Where(recording =>
        recording.Name.StartsWith("pingpong-", StringComparison.Ordinal) && !recording.Name.StartsWith("pingpong-grpc-", StringComparison.Ordinal));

    public async ValueTask InitializeAsync() => _server = await InteropServer.StartAsync("127.0.0.1:0", static _ => { }, logCalls: false);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void Recordings_AreThere()
    {
        Assert.Equal(94, Recordings.Count());
        Assert.Equal((86, 8), (Names.Count, UnansweredNames.Count));
        Assert.Empty(Differences.Keys.Except(Recordings.Select(recording => CallOf(recording.Name))));
    }

    [Theory]
    [MemberData(nameof(UnansweredNames))]
    public void Unanswered_HasNoRecordedAnswer(string name)
        => Assert.All(Recording.Get(name).Connections, connection => Assert.Empty(PingPongWireAnswer.ReadAll(connection.Bytes(fromClient: false))));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Server_RecordedClient_AnswersAsTheRecordedServer(string name)
    {
        foreach (var connection in Recording.Get(name).Connections)
        {
            var expected = PingPongWireAnswer.ReadAll(connection.Bytes(fromClient: false));
            var answers = await ReplayAsync(connection, expected.Count);

            if (Differences.ContainsKey(CallOf(name)))
            {
                Assert.Equal(expected.Count, answers.Count);
                Assert.NotEqual(Text(expected), Text(answers));
            }
            else
            {
                Assert.Equal(Text(expected), Text(answers));
            }
        }

        static string Text(IEnumerable<PingPongWireAnswer> answers) => WithoutOwn(string.Join('\n', answers));
    }

    /// <summary>What follows the transport's name in <c>pingpong-TRANSPORT-CALL</c>.</summary>
    private static string CallOf(string name) => name.Split('-', 3)[2];

    /// <summary>
    /// Handlers tell what they know of their call: this library's know nothing of Go's package and of the target method as a thing apart, and what is left of a time limit depends on the moment.
    /// </summary>
    private static string WithoutOwn(string text)
        => RemainingTime().Replace(OnlyGo().Replace(text, string.Empty), "rpctimeout:2500ms");

    [GeneratedRegex(@"(\\""package\\"":\\""echo\\"",)|(,\\""to_method\\"":\\""EchoPingPong\\"")")]
    private static partial Regex OnlyGo();

    [GeneratedRegex("rpctimeout:2[0-5][0-9]{2}ms")]
    private static partial Regex RemainingTime();

    /// <summary>Sends each request when the previous one was answered, and nothing after the last: additional answers would be detected.</summary>
    private async Task<List<PingPongWireAnswer>> ReplayAsync(RecordedConnection connection, int expected)
    {
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(_server.Endpoint, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        var received = new List<byte>();
        var answered = 0;
        foreach (var chunk in connection.ClientToServer)
        {
            await stream.WriteAsync(chunk, TestContext.Current.CancellationToken);
            answered = Math.Min(answered + 1, expected);
            while (PingPongWireAnswer.ReadAll([.. received]).Count < answered)
            {
                var buffer = new byte[64 * 1024];
                var read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken).Soon();
                if (read == 0)
                {
                    return PingPongWireAnswer.ReadAll([.. received]);
                }

                received.AddRange(buffer.AsSpan(0, read));
            }
        }

        socket.Client.Shutdown(SocketShutdown.Send);
        received.AddRange(await PingPongWire.ReadToEndAsync(stream));
        return PingPongWireAnswer.ReadAll([.. received]);
    }
}
