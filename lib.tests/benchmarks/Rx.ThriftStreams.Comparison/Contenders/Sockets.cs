using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>The limit: blocking sockets, a connection and two threads for each caller, and nothing but a length before the bytes.</summary>
internal sealed class Sockets : Contender
{
    private const int Echo = 0;
    private const int Source = 1;
    private const int Sink = 2;
    private int _port;

    internal override string Name => "raw sockets";

    internal override Task ServeAsync(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        new Thread(() =>
        {
            while (true)
            {
                var socket = listener.AcceptSocket();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        })
        { IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    internal override Task ConnectAsync(int port)
    {
        _port = port;
        return Task.CompletedTask;
    }


    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Task CallAsync(string text, Clock clock) => EchoAsync(text, clock);

    protected override Task EchoAsync(string text, Clock clock) => OnThread(() =>
    {
        var counter = clock.NewCounter();
        using var socket = Connect(Echo, text.Length);
        var buffer = Frame(text);
        while (clock.Runs)
        {
            socket.Send(buffer);
            Receive(socket, buffer);
            counter.Count++;
        }
    });

    protected override Task ReceiveAsync(string text, Clock clock) => OnThread(() =>
    {
        var counter = clock.NewCounter();
        using var socket = Connect(Source, text.Length);
        var buffer = Frame(text);
        while (clock.Runs)
        {
            Receive(socket, buffer);
            counter.Count++;
        }
    });

    protected override Task SendAsync(string text, Clock clock) => OnThread(() =>
    {
        var counter = clock.NewCounter();
        using var socket = Connect(Sink, text.Length);
        var buffer = Frame(text);
        while (clock.Runs)
        {
            socket.Send(buffer);
            counter.Count++;
        }
    });

    private static Task OnThread(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static byte[] Frame(string text)
    {
        var frame = new byte[4 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, text.Length);
        Encoding.ASCII.GetBytes(text, frame.AsSpan(4));
        return frame;
    }

    private static void Receive(Socket socket, byte[] buffer)
    {
        for (var read = 0; read < buffer.Length;)
        {
            var count = socket.Receive(buffer.AsSpan(read));
            read += count > 0 ? count : throw new EndOfStreamException();
        }
    }

    /// <summary>Ends with its connection.</summary>
    private static void Serve(Socket socket)
    {
        using (socket)
        {
            try
            {
                socket.NoDelay = true;
                var hello = new byte[8];
                Receive(socket, hello);
                var buffer = new byte[4 + BinaryPrimitives.ReadInt32BigEndian(hello.AsSpan(4))];
                var role = BinaryPrimitives.ReadInt32BigEndian(hello);
                while (true)
                {
                    if (role != Source)
                    {
                        Receive(socket, buffer);
                    }

                    if (role != Sink)
                    {
                        socket.Send(buffer);
                    }
                }
            }
            catch (Exception error) when (error is SocketException or EndOfStreamException)
            {
                // The caller has left.
            }
        }
    }

    private Socket Connect(int role, int size)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, _port);
        var hello = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(hello, role);
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(4), size);
        socket.Send(hello);
        return socket;
    }
}
