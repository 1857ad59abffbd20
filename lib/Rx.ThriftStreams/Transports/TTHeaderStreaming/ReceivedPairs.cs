using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>Takes the string pairs and errors of received frames apart. Once a stream, never once a message.</summary>
internal static class ReceivedPairs
{
    /// <summary>The pairs of a HEADER or TRAILER from a server that are its user's.</summary>
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

    /// <summary>How a TRAILER ends its stream: an error in its payload, else a business error in its pairs, else none.</summary>
    internal static Exception? ReadEnd(in TTHeaderFrame frame, ThriftMetadata trailers, bool isServerSide)
    {
        if (!frame.Payload.IsEmpty)
        {
            try
            {
                var cause = ReadException(frame);
                return new ThriftStreamException(TTStreamCodes.Application, cause.Message, isServerSide, innerException: cause);
            }
            catch (ThriftProtocolException error)
            {
                return new ThriftStreamException(TTStreamCodes.IllegalFrame, error.Message, isServerSide, innerException: error);
            }
        }

        if (!frame.TryGetString(TTHeaderStringKeys.BizStatus, out var status)
            || !int.TryParse(status, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code)
            || code == 0)
        {
            return null;
        }

        Dictionary<string, string>? extra = null;
        if (frame.TryGetString(TTHeaderStringKeys.BizExtra, out var json) && !BizExtra.TryParse(Encoding.UTF8.GetString(json), out extra))
        {
            return new ThriftStreamException(TTStreamCodes.IllegalBizError, $"malformed header info, extra: {Encoding.UTF8.GetString(json)}", isServerSide);
        }

        frame.TryGetString(TTHeaderStringKeys.BizMessage, out var message);
        return new ThriftBizStatusException(code, Encoding.UTF8.GetString(message), extra) { Trailers = trailers };
    }

    /// <summary>What a reset says. One that says nothing readable has the number 13.</summary>
    internal static ThriftStreamException ReadReset(in TTHeaderFrame frame, bool isServerSide)
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
                // A reset ends its stream whatever stands in it.
            }
        }

        return new ThriftStreamException(code, text, isServerSide, path, isReset: true);
    }

    private static ThriftApplicationException ReadException(in TTHeaderFrame frame)
    {
        var envelope = ThriftMessageEnvelope.Read(frame.Payload, out var body);
        return envelope.Type == ThriftMessageType.Exception
            ? ApplicationExceptionCodec.Read(body)
            : throw new ThriftProtocolException($"the payload is a message of type {(int)envelope.Type} and not an exception");
    }
}
