using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Tests.Recordings;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>Plays either side of recorded ping-pong connections: a request, its answer, the next request.</summary>
internal static class CallReplay
{
    /// <summary>Gives a server what a Kitex client sent.</summary>
    internal static async Task<(string Expected, string Actual)> AgainstServerAsync(Recording recording, IPEndPoint server)
    {
        var expected = new List<string>();
        var actual = new List<string>();
        foreach (var connection in recording.Connections)
        {
            var answers = new Queue<CallMessage>(CallMessage.All(connection.Bytes(fromClient: false)));
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(server);
            var link = new CallLink(client.GetStream());
            foreach (var request in CallMessage.All(connection.Bytes(fromClient: true)))
            {
                await link.SendAsync(request.Bytes);
                if (request.Type != ThriftMessageType.Oneway)
                {
                    expected.Add(answers.TryDequeue(out var answer) ? $"{answer.Sequence} {answer.Text}" : "the end of the connection");
                    actual.Add(await link.ReceiveAsync().Soon() is { } received ? $"{received.Sequence} {received.Text}" : "the end of the connection");
                }
            }
        }

        return (string.Join('\n', expected), string.Join('\n', actual));
    }

    /// <summary>Answers a client as the recorded Kitex server did, on as many connections as the client makes.</summary>
    internal static async Task AnswerAsync(Recording recording, Socket listener)
    {
        var answers = new Queue<CallMessage>(recording.Connections.SelectMany(connection => CallMessage.All(connection.Bytes(fromClient: false))));
        var calls = recording.Connections.Sum(connection => CallMessage.All(connection.Bytes(fromClient: true)).Count);
        var neverAnswered = answers.Count == 0;
        while (calls > 0)
        {
            using var socket = await listener.AcceptAsync();
            await using var stream = new NetworkStream(socket, ownsSocket: false);
            var link = new CallLink(stream);
            while (calls > 0 && await link.ReceiveAsync() is { } request)
            {
                calls--;
                if (request.Type != ThriftMessageType.Oneway && answers.TryDequeue(out var answer))
                {
                    await link.SendAsync(answer.For(request));
                }
            }

            var saysClosed = recording.ClientStdout.Any(line => line.Contains("EOF peer close", StringComparison.Ordinal));
            if (calls == 0 && !(neverAnswered && saysClosed))
            {
                await link.ReceiveAsync();
            }
        }
    }

    /// <summary>Messages on a stream of bytes.</summary>
    private sealed class CallLink(Stream stream)
    {
        private byte[] _pending = [];

        internal ValueTask SendAsync(byte[] bytes) => stream.WriteAsync(bytes);

        /// <summary>The next message; <see langword="null"/> at the connection's end.</summary>
        internal async Task<CallMessage?> ReceiveAsync()
        {
            var chunk = new byte[64 * 1024];
            try
            {
                while (true)
                {
                    var buffer = new ReadOnlySequence<byte>(_pending);
                    if (_pending.Length >= ProtocolDetector.NeededBytes && CallMessage.TryTake(ref buffer) is { } message)
                    {
                        _pending = buffer.ToArray();
                        return message;
                    }

                    var count = await stream.ReadAsync(chunk);
                    if (count == 0)
                    {
                        return null;
                    }

                    _pending = [.. _pending, .. chunk.AsSpan(0, count)];
                }
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
