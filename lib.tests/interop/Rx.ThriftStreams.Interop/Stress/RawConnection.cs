using System.Net;
using System.Net.Sockets;

namespace Rx.ThriftStreams.InteropProgram.Stress;

/// <summary>A bare connection to the server under attack.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawConnection()
    {
    }

    internal static async Task<RawConnection> OpenAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var connection = new RawConnection();
        try
        {
            await connection._socket.ConnectAsync(endpoint, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends until the server stops taking bytes or closes.</summary>
    /// <returns>Whether all was sent.</returns>
    internal async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[await _socket.SendAsync(bytes, cancellationToken)..];
            }

            return true;
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Reads until the server closes, or time is up.</summary>
    /// <returns>How many bytes came, and whether the server closed.</returns>
    internal async Task<(long Received, bool Closed)> ReadToEndAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        long received = 0;
        try
        {
            while (true)
            {
                var count = await _socket.ReceiveAsync(buffer, cancellationToken);
                if (count == 0)
                {
                    return (received, true);
                }

                received += count;
            }
        }
        catch (SocketException)
        {
            return (received, true);
        }
        catch (OperationCanceledException)
        {
            return (received, false);
        }
    }

    public void Dispose() => _socket.Dispose();
}
