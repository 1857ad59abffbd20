using System.Net.Sockets;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The socket of a connection. Inspects the server's first bytes, which identify many wrong ports.</summary>
internal sealed class GrpcSocketStream(GrpcConnectionState state, Socket socket, bool isPlain) : NetworkStream(socket, ownsSocket: true)
{
    private const string Unanswered = "the server closed it without an answer: if its port expects TLS, use an address with grpcs://.";
    private const string AnsweredWithTls = "the server answered with TLS: use an address with grpcs://.";
    private const byte TlsAlert = 0x15;
    private const byte TlsHandshake = 0x16;
    private const byte TlsMajorVersion = 3;

    // Under TLS the handshake comes first.
    private bool _isAnswered = !isPlain;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => _isAnswered || buffer.IsEmpty ? base.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    /// <summary>Whether the error means that the peer has reset the connection.</summary>
    internal static bool IsReset(Exception error) => error is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } };

    protected override void Dispose(bool disposing)
    {
        state.OnClosed(this);
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (IsReset(error))
        {
            state.Hint = Unanswered;
            throw;
        }

        _isAnswered = read > 0;
        state.Hint = read == 0 ? Unanswered
            : read > 1 && buffer.Span[0] is TlsAlert or TlsHandshake && buffer.Span[1] == TlsMajorVersion ? AnsweredWithTls
            : null;
        return read;
    }
}
