using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A server that answers each request as a script says, so that a client meets what no real server would send.</summary>
internal sealed class ScriptedPingPongServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<PingPongRequest, byte[]?> _answer;
    private readonly Task _accepting;
    private readonly List<Task> _connections = [];
    private int _accepted;
    private int _ended;

    /// <param name="answer">Gives the bytes to send; <see langword="null"/> closes the connection instead.</param>
    internal ScriptedPingPongServer(Func<PingPongRequest, byte[]?> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal string Endpoint => _listener.LocalEndpoint.ToString()!;

    internal int Connections => Volatile.Read(ref _accepted);

    /// <summary>How many of them have ended.</summary>
    internal int Ended => Volatile.Read(ref _ended);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    /// <summary>A reply whose result has a <c>Response</c> as field 0.</summary>
    internal static byte[] Reply(PingPongRequest request, string message, int? sequenceId = null, string? method = null, ThriftMessageType type = ThriftMessageType.Reply)
    {
        using var output = new ThriftWriteBuffer();
        ThriftMessageEnvelope.Write(output, type, method ?? request.Method, sequenceId ?? request.SequenceId);
        var writer = new ThriftWriter(output);
        writer.BeginStruct();
        writer.WriteFieldHeader(ThriftType.Struct, 0);
        new Demo.Echo.Response { Message = message }.Write(ref writer);
        writer.EndStruct();
        writer.Flush();
        return request.InItsForm(output.WrittenSpan.ToArray());
    }

    internal static byte[] Exception(PingPongRequest request, ApplicationErrorType type, string message)
    {
        var output = new ArrayBufferWriter<byte>();
        ApplicationExceptionCodec.WriteMessage(output, request.Method, request.SequenceId, type, message);
        return request.InItsForm(output.WrittenSpan.ToArray());
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                _connections.Add(ServeAsync(client));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var received = new List<byte>();
                while (await PingPongRequest.ReadAsync(stream, received, _stop.Token) is { } request)
                {
                    if (_answer(request) is not { } bytes)
                    {
                        return;
                    }

                    await stream.WriteAsync(bytes, _stop.Token);
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The client is gone, or the test is over.
            }

            Interlocked.Increment(ref _ended);
        }
    }
}
