using System.Buffers;
using System.Globalization;

namespace Rx.ThriftStreams.Serialization;

/// <summary>The limits of a received message, on the wire and in memory. Every transport on both sides decodes messages with it.</summary>
/// <param name="maxSize">The most bytes of a message, after decompression.</param>
/// <param name="maxMemory">The most bytes of memory of its objects; <see langword="null"/> for the default of <see cref="ThriftReaderLimits.MaxMemory"/>.</param>
/// <param name="maxDecompressionRatio">How many times its compressed size a message may have.</param>
/// <param name="isServer">Whether they are the limits of a server, for the texts of errors; otherwise they are those of a channel.</param>
internal sealed class MessageLimits(int maxSize, long? maxMemory, int maxDecompressionRatio, bool isServer = false)
{
    /// <summary>What a message may decompress to at any ratio, because a repeated character compresses a thousand times: 1 MiB of text and what surrounds it.</summary>
    internal const int FreeDecompression = (1024 + 64) * 1024;

    /// <summary>In the text of each refusal by a server because of its limit, and only there.</summary>
    internal const string ServerAllows = "that the server allows (ThriftServerOptions.Limits.MaxReceiveMessageSize)";

    /// <summary>In the text of each refusal by a channel because of its limit, and only there.</summary>
    internal const string ChannelAllows = "that this channel allows (ThriftChannelOptions.Limits.MaxReceiveMessageSize)";

    private readonly ThriftReaderLimits _limits = maxMemory is null ? ThriftReaderLimits.Default : new() { MaxMemory = maxMemory };

    internal int MaxSize { get; } = maxSize;

    internal int MaxDecompressionRatio { get; } = maxDecompressionRatio;

    /// <summary>Whose limit a message exceeds, and which option raises it.</summary>
    private string Allows => isServer ? ServerAllows : ChannelAllows;

    /// <summary>How many bytes a message of <paramref name="compressed"/> bytes may decompress to.</summary>
    internal int DecompressedSize(int compressed) => (int)Math.Min(MaxSize, Math.Max(FreeDecompression, (long)compressed * MaxDecompressionRatio));

    /// <summary>The error for a message that is too large: the same on every transport.</summary>
    internal ThriftStatusException TooLarge(long size) => OverLimit(string.Create(CultureInfo.InvariantCulture, $"A message of {size} bytes is larger than the {MaxSize} bytes {Allows}."));

    /// <summary>The error for a message that decompresses to more than <see cref="DecompressedSize"/>.</summary>
    internal ThriftStatusException DecompressesToMore(int compressed)
    {
        var limit = DecompressedSize(compressed);
        var reason = limit == MaxSize
            ? Allows
            : string.Create(CultureInfo.InvariantCulture, $"that {compressed} compressed bytes may become: {(isServer ? "ThriftServerOptions" : "ThriftChannelOptions")}.Limits.MaxDecompressionRatio is {MaxDecompressionRatio}");
        return OverLimit(string.Create(CultureInfo.InvariantCulture, $"A message decompresses to more than the {limit} bytes {reason}."));
    }

    /// <summary>Decodes a message.</summary>
    /// <param name="message">Its bytes.</param>
    /// <param name="protocol">How it is laid out.</param>
    /// <param name="cancellationToken">Ends the decoding of a long message.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not a message of this type, or take more memory than the limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal T Decode<T>(ReadOnlySpan<byte> message, ThriftProtocol protocol, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
        => ThriftSerializer.Deserialize<T>(message, protocol, _limits, cancellationToken);

    /// <summary>Decodes a message in the Binary protocol that is in an array of the shared pool, which it may keep.</summary>
    /// <param name="message">Its bytes.</param>
    /// <param name="rented">The array that they are in; afterwards <see langword="null"/> if the message keeps it. <see langword="null"/> before if they may not be kept.</param>
    /// <param name="cancellationToken">Ends the decoding of a long message.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not a message of this type, or take more memory than the limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal T Decode<T>(ReadOnlySpan<byte> message, ref byte[]? rented, CancellationToken cancellationToken)
        where T : IThriftStruct<T>
        => ThriftSerializer.Deserialize<T>(message, ref rented, ThriftProtocol.Binary, _limits, cancellationToken);

    /// <inheritdoc cref="Decode{T}(ReadOnlySpan{byte}, ThriftProtocol, CancellationToken)"/>
    internal T Decode<T>(in ReadOnlySequence<byte> message, ThriftProtocol protocol, CancellationToken cancellationToken = default)
        where T : IThriftStruct<T>
        => ThriftSerializer.Deserialize<T>(message, protocol, _limits, cancellationToken);

    private static ThriftStatusException OverLimit(string text) => new(ThriftStatusCode.ResourceExhausted, text) { IsOverLimit = true };
}
