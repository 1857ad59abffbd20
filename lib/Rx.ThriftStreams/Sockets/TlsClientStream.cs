using System.Net.Security;
using System.Net.Sockets;
using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams.Sockets;

/// <summary>A client's TLS. With TLS 1.3 a server refuses a client's certificate only after the handshake: a connection that ends unanswered says so.</summary>
/// <param name="inner">The bytes.</param>
/// <param name="onAnswer">Called with why the connection ended without an answer, or with <see langword="null"/> at the first answer.</param>
internal class TlsClientStream(Stream inner, Action<string?>? onAnswer = null) : SslStream(inner, leaveInnerStreamOpen: false)
{
    private const string Unanswered = "the server closed it after the TLS handshake without an answer: " + ClientHandshake.ClientCertificateFix + ".";

    private bool _isAnswered;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => _isAnswered ? base.ReadAsync(buffer, cancellationToken) : ReadFirstAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadFirstAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error) when (error.InnerException is not SocketException { SocketErrorCode: not SocketError.ConnectionReset })
        {
            onAnswer?.Invoke(Unanswered);
            throw new ConnectHint(Unanswered, error);
        }

        // A read without a buffer only waits for bytes.
        if (!buffer.IsEmpty)
        {
            _isAnswered = read > 0;
            onAnswer?.Invoke(_isAnswered ? null : Unanswered);
        }

        return _isAnswered || buffer.IsEmpty ? read : throw new ConnectHint(Unanswered, new EndOfStreamException());
    }
}
