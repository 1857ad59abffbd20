using System.Buffers;
using System.Globalization;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>A request as it arrived: its form, which the answer has as well, and everything around its arguments.</summary>
internal sealed class PingPongRequest
{
    // Most requests have neither.
    private ThriftMetadata? _headers;
    private ThriftMetaInfo? _metaInfo;

    internal required PingPongForm Form { get; init; }

    /// <summary>How the message is laid out, as the answer is.</summary>
    internal required MessageCodec Codec { get; init; }

    internal required ThriftMessageType Type { get; init; }

    internal required string Method { get; init; }

    internal required int SequenceId { get; init; }

    /// <summary>The arguments' struct, in the connection's buffer.</summary>
    internal ReadOnlySequence<byte> Body { get; set; }

    /// <summary>Why the request is not handled, if its arguments were not even read.</summary>
    internal string? Refusal { get; set; }

    /// <summary>Whether the arguments do not decode: then the caller's bytes cannot be trusted any further.</summary>
    internal bool IsMalformed { get; set; }

    /// <summary>Whether nothing after it can be read: where it ends is not known.</summary>
    internal bool IsLast { get; set; }

    /// <summary>The service's name in the IDL; empty where the form has no place for it, or the caller gave none.</summary>
    internal string Service { get; private set; } = string.Empty;

    internal string CallerService { get; private set; } = string.Empty;

    /// <summary>The destination that the caller named; <see langword="null"/> if it named none.</summary>
    internal string? Host { get; set; }

    internal TimeSpan? Timeout { get; private set; }

    /// <summary>Whether the name of the method names the service as well, which then must be exact: <c>service:method</c>, as Apache's peers write it.</summary>
    internal bool IsMultiplexedName { get; private init; }

    /// <summary>Whether the caller takes answers in any order, and so sends requests without waiting.</summary>
    internal bool IsMultiplexed { get; private set; }

    /// <summary>Whether the caller asks if it may share connections between calls.</summary>
    internal bool AsksToMultiplex { get; private set; }

    /// <summary>Whether this message gives up the call with this sequence id instead of making one.</summary>
    internal bool IsCancellation { get; private set; }

    /// <summary>Cancelled when the caller gives this call up or is gone; <see langword="null"/> for a call that only the loss of its connection ends.</summary>
    internal CancellationTokenSource? Cancellation { get; set; }

    /// <summary>Whether the caller has given the call up: it takes no answer.</summary>
    internal bool IsGivenUp { get; set; }

    internal ThriftMetadata Headers => _headers ??= new();

    internal ThriftMetaInfo MetaInfo => _metaInfo ??= new();

    /// <summary>The headers for reading; unlike <see cref="Headers"/>, they take no memory if there are none.</summary>
    internal ThriftMetadata ReceivedHeaders => _headers ?? ThriftMetadata.Empty;

    /// <summary>What the handler sets in <see cref="MetaInfo"/> for the answer.</summary>
    internal IReadOnlyDictionary<string, string> BackwardValues => _metaInfo?.BackwardValues ?? System.Collections.Frozen.FrozenDictionary<string, string>.Empty;

    internal ThriftProtocols Protocol => ProtocolChecks.Of(Form.Transport);

    internal bool HasHeader => Form.HasHeader;

    /// <summary>Reads the envelope of a message.</summary>
    /// <param name="message">The message, without a frame's length.</param>
    /// <param name="form">The form that it came in.</param>
    /// <param name="maxSize">The largest struct of arguments, in bytes.</param>
    /// <param name="texts">What requests of the connection repeat.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not a message.</exception>
    internal static PingPongRequest Read(in ReadOnlySequence<byte> message, PingPongForm form, int maxSize, RequestTexts texts)
    {
        var codec = MessageCodec.Of(message);
        var envelope = codec.ReadEnvelope(message, out var body);
        var isTooLarge = body.Length > maxSize;
        var method = texts.Method(envelope.Method);
        var service = string.Empty;
        return new PingPongRequest
        {
            Form = form,
            Codec = codec,
            Type = envelope.Type,
            IsMultiplexedName = !form.HasHeader && MultiplexedName.TrySplit(method, out service, out method),
            Method = method,
            Service = service,
            SequenceId = envelope.SequenceId,
            Body = isTooLarge ? default : body,
            Refusal = isTooLarge ? TooLarge(body.Length, maxSize) : null,
        };
    }

    /// <summary>Kitex's words, after the status as Kitex writes it: a caller of this library recovers the status on every form.</summary>
    internal static string TooLarge(long size, int maxSize) => string.Create(
        CultureInfo.InvariantCulture,
        $"rpc error: code = {(int)ThriftStatusCode.ResourceExhausted} desc = invalid data: payload size({size}) larger than the limit({maxSize}) of ThriftServerOptions.Limits.MaxReceiveMessageSize");

    internal void ReadHeader(in TTHeaderFrame frame, RequestTexts texts)
    {
        IsMultiplexed = (frame.Flags & TTHeaderFlags.SupportsOutOfOrder) != 0;
        CallerService = texts.Caller(frame.FromService);
        if (frame.TryGetInt(TTHeaderIntKey.DestinationAddress, out var destination))
        {
            Host = texts.Host(destination);
        }

        if (frame.TryGetRpcTimeout(out var milliseconds))
        {
            Timeout = TimeSpan.FromMilliseconds(milliseconds);
        }

        if (frame.HasStringPairs)
        {
            ReadPairs(frame.StringPairs, texts);
        }
    }

    private void ReadPairs(HeaderStringPairs pairs, RequestTexts texts)
    {
        foreach (var pair in pairs)
        {
            if (pair.Key.SequenceEqual(TTHeaderStringKeys.ServiceName))
            {
                Service = texts.Service(pair.Value);
            }
            else if (pair.Key.SequenceEqual(TTHeaderStringKeys.Multiplex))
            {
                AsksToMultiplex = true;
            }
            else if (pair.Key.SequenceEqual(TTHeaderStringKeys.Cancel))
            {
                IsCancellation = true;
            }
            else if (!pair.Key.SequenceEqual(TTHeaderStringKeys.Crc32C))
            {
                RequestPairs.Read(pair.Key, pair.Value, MetaInfo, Headers);
            }
        }
    }
}
