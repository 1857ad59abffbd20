using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A request as the scripted server received it.</summary>
internal sealed record PingPongRequest(
    WireProtocol Form,
    bool InnerFramed,
    string Method,
    int SequenceId,
    ThriftMessageType Type,
    IReadOnlyDictionary<string, string> Pairs,
    IReadOnlyDictionary<int, string> Ints)
{
    internal string[] ReplyPairs { get; init; } = [];

    /// <summary>Reads one request; <see langword="null"/> at the end. Framed and TTHeader forms only need lengths; Buffered is scanned.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="received">What was received of it and not taken yet: the beginning of further requests afterwards.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static async Task<PingPongRequest?> ReadAsync(Stream stream, List<byte> received, CancellationToken cancellationToken)
    {
        var chunk = new byte[4096];
        var scanner = new ThriftMessageScanner(1 << 20);
        while (true)
        {
            if (TryParse([.. received], scanner, out var request, out var length))
            {
                received.RemoveRange(0, length);
                return request;
            }

            var read = await stream.ReadAsync(chunk, cancellationToken);
            if (read == 0)
            {
                return null;
            }

            received.AddRange(chunk.AsSpan(0, read));
        }
    }

    /// <summary>Wraps a message as this request was wrapped, with pairs as <c>key=value</c>.</summary>
    internal byte[] InItsForm(byte[] message, params string[] pairs)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] payload = Form == WireProtocol.Framed || InnerFramed ? [.. Length(message.Length), .. message] : message;
        if (Form == WireProtocol.TTHeader)
        {
            var header = new TTHeaderBuilder().Reset(default, SequenceId, TTHeaderProtocolId.ThriftBinary).AddInt(TTHeaderIntKey.MessageType, 2);
            foreach (var pair in (string[])[.. ReplyPairs, .. pairs])
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                header.AddString(pair[..equals], pair[(equals + 1)..]);
            }

            header.WriteTo(output, payload.Length);
        }

        output.Write(payload);
        return output.WrittenSpan.ToArray();
    }

    private static bool TryParse(byte[] received, ThriftMessageScanner scanner, out PingPongRequest? request, out int length)
    {
        request = null;
        length = 0;
        var buffer = new ReadOnlySequence<byte>(received);
        var pairs = new Dictionary<string, string>();
        var ints = new Dictionary<int, string>();
        var form = ProtocolDetector.DetectMessage(buffer);
        var innerFramed = false;
        ReadOnlySequence<byte> message;
        switch (form)
        {
            case WireProtocol.TTHeader:
                if (!new TTHeaderFrameReader().TryRead(ref buffer, out var frame))
                {
                    return false;
                }

                foreach (var pair in frame.StringPairs)
                {
                    pairs[Encoding.UTF8.GetString(pair.Key)] = Encoding.UTF8.GetString(pair.Value);
                }

                foreach (var pair in frame.IntPairs)
                {
                    ints[(int)pair.Key] = Encoding.UTF8.GetString(pair.Value);
                }

                PayloadChecksum.Verify(frame);
                message = ProtocolDetector.GetMessage(frame.Payload, out innerFramed);
                break;
            case WireProtocol.Framed:
                if (!ThriftFraming.TryRead(ref buffer, 1 << 20, out message, out _))
                {
                    return false;
                }

                break;
            case WireProtocol.Buffered:
                if (!scanner.TryScan(buffer, out var size))
                {
                    return false;
                }

                message = buffer.Slice(0, size);
                buffer = buffer.Slice(size);
                break;
            default:
                return false;
        }

        length = received.Length - (int)buffer.Length;
        var envelope = ThriftMessageEnvelope.Read(message, out _);
        request = new(form, innerFramed, Encoding.UTF8.GetString(envelope.Method), envelope.SequenceId, envelope.Type, pairs, ints);
        return true;
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return bytes;
    }
}
