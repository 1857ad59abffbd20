using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The TLS of a connection, which reads through <see cref="GrpcInbound"/>.</summary>
internal sealed class GrpcTlsStream : TlsClientStream
{
    private readonly GrpcInbound _inbound;

    internal GrpcTlsStream(Stream inner, Action<string?> onAnswer)
        : base(inner, onAnswer)
        => _inbound = new(base.ReadAsync);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _inbound.ReadAsync(buffer, cancellationToken);
}
