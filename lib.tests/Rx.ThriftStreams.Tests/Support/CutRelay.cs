using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Stands between a client and a server, and cuts their connections when a test says so.</summary>
internal sealed class CutRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly IPEndPoint _server;
    private volatile bool _dark;

    public CutRelay(IPEndPoint server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Endpoint => _listener.LocalEndpoint.ToString()!;

    /// <summary>From here on everything that is sent is lost without a word, in both directions.</summary>
    public void GoDark() => _dark = true;

    /// <summary>Resets every connection on both sides.</summary>
    public void Cut()
    {
        foreach (var socket in _sockets)
        {
            socket.Close(0);
        }
    }

    public void Dispose()
    {
        _listener.Stop();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                _sockets.Add(client);
                _sockets.Add(server);
                await server.ConnectAsync(_server);
                _ = CopyAsync(client, server);
                _ = CopyAsync(server, client);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (!_dark)
                {
                    await to.SendAsync(buffer.AsMemory(0, count));
                }
            }

            if (!_dark)
            {
                to.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Cut, or closed by one of the two.
        }
    }
}
