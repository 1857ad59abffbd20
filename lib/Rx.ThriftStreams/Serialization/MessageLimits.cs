using System.Buffers;

namespace Rx.ThriftStreams.Serialization;

/// <summary>The limits of a received message, on the wire and in memory. Every transport on both sides decodes messages with it.</summary>
/// <param name="maxSize">The most bytes of a message, after decompression.</param>
/// <param name="maxMemory">The most bytes of memory of its objects; <see langword="null"/> for the default of <see cref="ThriftReaderLimits.MaxMemory"/>.</param>
/// <param name="maxDecompressionRatio">How many times its compressed size a message may have.</param>
internal sealed class MessageLimits(int maxSize, long? maxMemory, int maxDecompressionRatio)
{
    /// <summary>What a message may decompress to at any ratio, because a repeated character compresses a thousand times: 1 MiB of text and what surrounds it.</summary>
    internal const int FreeDecompression = (1024 + 64) * 1024;

    private readonly ThriftReaderLimits _limits = maxMemory is null ? ThriftReaderLimits.Default : new() { MaxMemory = maxMemory };

    internal int MaxSize { get; } = maxSize;

    internal int MaxDecompressionRatio { get; } = maxDecompressionRatio;

    /// <summary>How many bytes a message of <paramref name="compressed"/> bytes may decompress to.</summary>
    internal int DecompressedSize(int compressed) => (int)Math.Min(MaxSize, Math.Max(FreeDecompression, (long)compressed * MaxDecompressionRatio));

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
}
