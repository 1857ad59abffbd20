using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Finds the messages in the body of a response.</summary>
/// <remarks>
/// Not thread-safe: the receiving side of a call. A length prefix alone causes no allocation: the buffer grows as bytes arrive. It returns to its
/// pool at the end of the body; if the call ends earlier it is left to the garbage collector, because a read may still write into it.
/// </remarks>
internal sealed class GrpcResponseReader(Stream body, GrpcDecompression decompression, MessageLimits limits)
{
    private const int InitialBufferSize = 4 * 1024;
    private const int ChunkSize = 64 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private ThriftWriteBuffer? _inflated;
    private bool _ended;

    /// <summary>Whether the body ended within a message.</summary>
    internal bool IsTruncated { get; private set; }

    /// <summary>The bytes that were read from the body and not taken. Any thread may ask, so that both ends may be read at different moments.</summary>
    internal int BufferedBytes => Math.Max(0, Volatile.Read(ref _end) - Volatile.Read(ref _start));

    /// <summary>Takes the next message that has arrived completely.</summary>
    internal bool TryRead<T>([NotNullWhen(true)] out T? message, out int size, CancellationToken cancellationToken)
        where T : class, IThriftStruct<T>
    {
        if (!TryRead(out var bytes))
        {
            message = null;
            size = 0;
            return false;
        }

        // What was decompressed is in another buffer.
        size = bytes.Length;
        byte[]? kept = bytes.Overlaps(_buffer) ? _buffer : null;
        var mayKeep = kept is not null;
        try
        {
            message = limits.Decode<T>(bytes, ref kept, cancellationToken);
        }
        finally
        {
            if (mayKeep && kept is null)
            {
                ReplaceBuffer();
            }
        }

        return true;
    }

    /// <summary>Takes the bytes of the next message that has arrived completely. Valid until the next operation.</summary>
    internal bool TryRead(out ReadOnlySpan<byte> message)
    {
        message = default;
        var available = _end - _start;
        if (available < GrpcFrame.PrefixLength)
        {
            return false;
        }

        if (!decompression.IsKnown)
        {
            throw new ThriftStatusException(ThriftStatusCode.Internal, $"The server compresses with \"{decompression.Name}\", which is not supported.");
        }

        var length = GrpcFrame.ReadPrefix(_buffer.AsSpan(_start), limits, out var compressed);
        if (available - GrpcFrame.PrefixLength < length)
        {
            return false;
        }

        var position = _start + GrpcFrame.PrefixLength;
        _start = position + length;
        message = compressed ? Inflate(_buffer.AsMemory(position, length)) : _buffer.AsSpan(position, length);
        return true;
    }

    /// <summary>Waits for more of the body.</summary>
    /// <returns><see langword="false"/> at its end, even if that is a failure: reading the body again reports it.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            return false;
        }

        MakeRoom();
        int read;
        try
        {
            read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // HttpClient does not wrap exceptions of its decoders; the end of the call reports each as an error of the call.
            _ended = true;
            return false;
        }

        _end += read;
        if (read == 0)
        {
            _ended = true;
            IsTruncated = _end > _start;
            Release();
        }

        return read > 0;
    }

    /// <summary>Drains the body, discarding its content.</summary>
    internal async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        do
        {
            _start = _end = 0;
        }
        while (await FillAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Grows only when the buffer is full of one message that has not ended.</summary>
    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(InitialBufferSize);
        }
        else if (_end == _buffer.Length || (_buffer.Length < ChunkSize && _start == 0 && _end > _buffer.Length / 2))
        {
            var left = _end - _start;
            if (left <= _buffer.Length / 2 && _buffer.Length >= ChunkSize)
            {
                _buffer.AsSpan(_start, left).CopyTo(_buffer);
            }
            else
            {
                var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                _buffer.AsSpan(_start, left).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }

            (_start, _end) = (0, left);
        }
    }

    /// <summary>Moves what follows the message to another buffer, because the message keeps this one.</summary>
    private void ReplaceBuffer()
    {
        var left = _buffer.AsSpan(_start, _end - _start);
        var next = ArrayPool<byte>.Shared.Rent(_buffer.Length);
        left.CopyTo(next);
        _buffer = next;
        (_start, _end) = (0, left.Length);
    }

    private ReadOnlySpan<byte> Inflate(ReadOnlyMemory<byte> message)
    {
        _inflated ??= new ThriftWriteBuffer();
        _inflated.Reset();
        decompression.Decompress(message, _inflated, limits);
        return _inflated.WrittenSpan;
    }

    private void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _start = _end = 0;
        }

        _inflated?.Dispose();
    }
}
