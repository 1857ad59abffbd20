using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>Reads the string pairs and errors of received frames: once per stream, never per message.</summary>
internal static class ReceivedPairs
{
    // Two strings and an entry of a table; measured, rounded up.
    private const int PairMemory = 160;

    /// <summary>
    /// What the pairs of a frame take in memory once they are read, in bytes: far more than on the wire, where a pair of empty texts has four bytes.
    /// </summary>
    internal static long MemoryOf(in TTHeaderFrame frame)
    {
        if (!frame.HasStringPairs)
        {
            return 0;
        }

        long bytes = 0;
        foreach (var pair in frame.StringPairs)
        {
            bytes += PairMemory + (2 * (pair.Key.Length + pair.Value.Length));
        }

        return bytes;
    }

    /// <summary>The pairs of a HEADER or TRAILER from a server that its handler set.</summary>
    internal static ThriftMetadata ReadMetadata(in TTHeaderFrame frame)
    {
        if (!frame.HasStringPairs)
        {
            return ThriftMetadata.Empty;
        }

        var metadata = new ThriftMetadata();
        foreach (var pair in frame.StringPairs)
        {
            if (!pair.Key.StartsWith("biz-"u8) && !FlowControlKeys.IsOne(pair.Key))
            {
                metadata.AddReceived(Encoding.UTF8.GetString(pair.Key).ToLowerInvariant(), Encoding.UTF8.GetString(pair.Value));
            }
        }

        return metadata;
    }

    /// <summary>The error with which a TRAILER ends its stream: from its payload, otherwise a business error from its pairs, otherwise none.</summary>
    internal static Exception? ReadEnd(in TTHeaderFrame frame, ThriftMetadata trailers, bool isServerSide)
    {
        var status = TextOf(frame, TTHeaderStringKeys.Status);
        if (!frame.Payload.IsEmpty)
        {
            try
            {
                var error = ReadException(frame);
                var kitex = new ThriftKitexError(TTStreamCodes.Application, error.Message) { IsStream = true, IsServerSide = isServerSide };
                return ReceivedErrors.Of(error, status, kitex, trailers);
            }
            catch (ThriftProtocolException error)
            {
                return StreamErrors.Create(TTStreamCodes.IllegalFrame, error.Message, isServerSide, innerException: error);
            }
        }

        return BizStatus.Read(
            TextOf(frame, TTHeaderStringKeys.BizStatus),
            TextOf(frame, TTHeaderStringKeys.BizMessage) ?? string.Empty,
            TextOf(frame, TTHeaderStringKeys.BizExtra),
            int.TryParse(status, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code) && code != 0 ? (ThriftStatusCode)code : ThriftStatusCode.Internal,
            TTStreamCodes.IllegalBizError,
            trailers);
    }

    /// <summary>The error of a reset. A reset without a readable error has the number 13.</summary>
    internal static ThriftException ReadReset(in TTHeaderFrame frame, bool isServerSide)
    {
        var path = frame.TryGetString(TTHeaderStringKeys.CancelPath, out var services) ? CancelReason.Split(Encoding.UTF8.GetString(services)) : [];
        var code = TTStreamCodes.BareReset;
        var text = "rst";
        if (!frame.Payload.IsEmpty)
        {
            try
            {
                var cause = ReadException(frame);
                (code, text) = ((int)cause.Type, cause.Message);
            }
            catch (ThriftProtocolException)
            {
                // A reset ends its stream whatever it contains.
            }
        }

        return StreamErrors.Create(code, text, isServerSide, path, isReset: true);
    }

    private static string? TextOf(in TTHeaderFrame frame, ReadOnlySpan<byte> key)
        => frame.TryGetString(key, out var value) ? Encoding.UTF8.GetString(value) : null;

    private static ApplicationError ReadException(in TTHeaderFrame frame)
    {
        var envelope = ThriftMessageEnvelope.Read(frame.Payload, out var body);
        return envelope.Type == ThriftMessageType.Exception
            ? ApplicationExceptionCodec.Read(body)
            : throw new ThriftProtocolException($"the payload is a message of type {(int)envelope.Type} and not an exception");
    }
}
