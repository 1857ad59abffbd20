using System.Buffers;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// Shows all complete messages that have arrived as one: an outer gRPC message whose body is the inner messages with their prefixes.
/// <see cref="GrpcBatch{T}"/> takes it apart.
/// </summary>
/// <remarks>
/// Grpc.Net.Client takes some microseconds a message, whatever its size; in a batch a message costs its decoding. The outer prefix stands
/// before bytes that have been received, so no length of the peer's makes anything be allocated. Limits apply to the inner messages.
/// </remarks>
internal sealed class ReframingStream : Stream
{
    private const int InitialBufferSize = 4 * 1024;
    private const int ChunkSize = 64 * 1024;

    private readonly Stream _inner;
    private readonly GrpcDecompression _decompression;
    private readonly GrpcExchange _exchange;
    private readonly int _maxMessageSize;
    private readonly byte[] _prefix = new byte[GrpcFrame.PrefixLength];

    private const int Idle = 0;
    private const int Reading = 1;
    private const int Disposed = 2;

    private byte[] _buffer;
    private int _state;
    private int _start;
    private int _end;
    private int _prefixLeft;
    private ReadOnlyMemory<byte> _shown;
    private ThriftWriteBuffer? _inflated;

    internal ReframingStream(Stream inner, GrpcDecompression decompression, GrpcExchange exchange, int maxMessageSize)
    {
        _inner = inner;
        _decompression = decompression;
        _exchange = exchange;
        _maxMessageSize = maxMessageSize;
        _buffer = ArrayPool<byte>.Shared.Rent(InitialBufferSize);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Interlocked.CompareExchange(ref _state, Reading, Idle) != Idle)
        {
            return ValueTask.FromException<int>(new ObjectDisposedException(nameof(ReframingStream)));
        }

        // Most reads are of what is there already: the rest of a message whose prefix was read before.
        if (buffer.IsEmpty || _prefixLeft > 0 || !_shown.IsEmpty)
        {
            var taken = Take(buffer.Span);
            EndRead();
            return new(taken);
        }

        return ReadNextAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadNextAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (!TryShowMessages())
            {
                if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                {
                    _exchange.Truncated = _end > _start;
                    return 0;
                }
            }

            return Take(buffer.Span);
        }
        finally
        {
            EndRead();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            if (Interlocked.Exchange(ref _state, Disposed) == Idle)
            {
                ReturnBuffers();
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>A read that goes on while the stream is disposed of may still write into the buffer: it gives the buffer back itself.</summary>
    private void EndRead()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Reading) == Disposed)
        {
            ReturnBuffers();
        }
    }

    private void ReturnBuffers()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _shown = default;
            _inflated?.Dispose();
        }
    }

    private int Take(Span<byte> destination)
    {
        var taken = 0;
        if (_prefixLeft > 0)
        {
            taken = Math.Min(_prefixLeft, destination.Length);
            _prefix.AsSpan(GrpcFrame.PrefixLength - _prefixLeft, taken).CopyTo(destination);
            _prefixLeft -= taken;
            destination = destination[taken..];
        }

        var count = Math.Min(_shown.Length, destination.Length);
        _shown.Span[..count].CopyTo(destination);
        _shown = _shown[count..];
        return taken + count;
    }

    /// <summary>Finds the complete messages at the front of the buffer and puts an outer prefix before them.</summary>
    private bool TryShowMessages()
    {
        var position = _start;
        while (_end - position >= GrpcFrame.PrefixLength)
        {
            if (!_decompression.IsKnown)
            {
                throw new ThriftStatusException(
                    ThriftStatusCode.Internal, $"The server compresses with \"{_decompression.Name}\", which is not supported.");
            }

            int length;
            bool compressed;
            try
            {
                length = GrpcFrame.ReadPrefix(_buffer.AsSpan(position), _maxMessageSize, out compressed);
            }
            catch (ThriftException) when (position > _start)
            {
                // The messages before it are good, and come first.
                break;
            }

            if (_end - position - GrpcFrame.PrefixLength < length)
            {
                break;
            }

            if (compressed)
            {
                if (position == _start)
                {
                    Show(Inflate(_buffer.AsMemory(position + GrpcFrame.PrefixLength, length)));
                    _start = position + GrpcFrame.PrefixLength + length;
                    return true;
                }

                break;
            }

            position += GrpcFrame.PrefixLength + length;
        }

        if (position == _start)
        {
            return false;
        }

        Show(_buffer.AsMemory(_start, position - _start));
        _start = position;
        return true;
    }

    private void Show(ReadOnlyMemory<byte> messages)
    {
        GrpcFrame.WritePrefix(_prefix, messages.Length);
        _prefixLeft = GrpcFrame.PrefixLength;
        _shown = messages;
    }

    private ReadOnlyMemory<byte> Inflate(ReadOnlyMemory<byte> message)
    {
        _inflated ??= new ThriftWriteBuffer();
        _inflated.Reset();
        _inflated.GetSpan(GrpcFrame.PrefixLength)[..GrpcFrame.PrefixLength].Clear();
        _inflated.Advance(GrpcFrame.PrefixLength);
        _decompression.Decompress(message, _inflated, _maxMessageSize);
        GrpcFrame.WritePrefix(_inflated.GetWrittenSpan(0, GrpcFrame.PrefixLength), _inflated.Length - GrpcFrame.PrefixLength);
        return _inflated.WrittenMemory;
    }

    /// <summary>Reads more bytes behind those that are there. Grows only when the buffer is full of one message that has not ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_end == _buffer.Length || (_buffer.Length < ChunkSize && _start == 0 && _end > _buffer.Length / 2))
        {
            MakeRoom();
        }

        var read = await _inner.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }

    private void MakeRoom()
    {
        var length = _end - _start;
        if (length <= _buffer.Length / 2 && _buffer.Length >= ChunkSize)
        {
            _buffer.AsSpan(_start, length).CopyTo(_buffer);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_start, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        _start = 0;
        _end = length;
    }
}
