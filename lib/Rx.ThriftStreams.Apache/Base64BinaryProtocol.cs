using System.Buffers.Text;
using System.Text;
using Rx.ThriftStreams.Serialization;
using Thrift.Protocol;
using Thrift.Transport;

namespace Rx.ThriftStreams.Apache;

/// <summary>Binary with binaries as Base64 text: what a message in JSON becomes without its types, which alone distinguish a binary from a string.</summary>
internal sealed class Base64BinaryProtocol(TTransport transport) : TBinaryProtocol(transport)
{
    // Apache's own writes strings as binaries.
    public override Task WriteStringAsync(string str, CancellationToken cancellationToken = default)
        => base.WriteBinaryAsync(Encoding.UTF8.GetBytes(str), cancellationToken);

    public override Task WriteBinaryAsync(byte[] bytes, CancellationToken cancellationToken = default)
    {
        var text = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Base64.EncodeToUtf8(bytes, text, out _, out _);
        return base.WriteBinaryAsync(text.AsSpan().TrimEnd((byte)'=').ToArray(), cancellationToken);
    }

    public override async ValueTask<byte[]> ReadBinaryAsync(CancellationToken cancellationToken = default)
    {
        var text = await base.ReadBinaryAsync(cancellationToken).ConfigureAwait(false);
        return UnpaddedBase64.TryDecode(text, out var value) ? value : throw new TProtocolException(TProtocolException.INVALID_DATA, "A binary is not Base64.");
    }
}
