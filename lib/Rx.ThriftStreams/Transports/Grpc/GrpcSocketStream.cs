using System.Net.Sockets;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The socket of a connection. Without TLS it inspects the server's first bytes, which identify many wrong ports, and reads through <see cref="GrpcInbound"/>.</summary>
internal sealed class GrpcSocketStream : NetworkStream
{
    private const string Unanswered = "the server closed it without an answer: if its port expects TLS, use an address with grpcs://.";
    private const string AnsweredWithTls = "the server answered with TLS: use an address with grpcs://.";
    private const byte TlsAlert = 0x15;
    private const byte TlsHandshake = 0x16;
    private const byte TlsMajorVersion = 3;

    private readonly GrpcConnectionState _state;
    private readonly GrpcInbound? _inbound;
    private bool _isAnswered;

    internal GrpcSocketStream(GrpcConnectionState state, Socket socket, bool isPlain)
        : base(socket, ownsSocket: true)
    {
        _state = state;
        _inbound = isPlain ? new(ReadPlainAsync) : null;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => _inbound?.ReadAsync(buffer, cancellationToken) ?? base.ReadAsync(buffer, cancellationToken);

    /// <summary>Whether the error means that the peer has reset the connection.</summary>
    internal static bool IsReset(Exception error) => error is IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } };

    protected override void Dispose(bool disposing)
    {
        _state.OnClosed(this);
        base.Dispose(disposing);
    }

    private ValueTask<int> ReadPlainAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        => _isAnswered || buffer.IsEmpty ? base.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (IsReset(error))
        {
            _state.Hint = Unanswered;
            throw;
        }

        _isAnswered = read > 0;
        _state.Hint = read == 0 ? Unanswered
            : read > 1 && buffer.Span[0] is TlsAlert or TlsHandshake && buffer.Span[1] == TlsMajorVersion ? AnsweredWithTls
            : null;
        return read;
    }
}
