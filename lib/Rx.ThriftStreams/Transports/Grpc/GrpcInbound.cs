using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// What a server sends, with trailers in place of the resets of responses that have messages. At a reset <see cref="HttpClient"/> discards the messages that are not read
/// yet; at trailers it keeps them.
/// </summary>
/// <remarks>One read at a time. Bytes are read into the caller's buffer; only part of a frame's header, and what follows a reset, are copied.</remarks>
/// <param name="read">Reads from the connection.</param>
internal sealed class GrpcInbound(Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
{
    /// <summary>Trailers are longer than a reset: the room before the first.</summary>
    private const int Gap = GrpcResetTrailer.Length - Http2Frames.ResetLength;
    private const int SmallSize = Gap + 64;

    private readonly GrpcInboundFrames _frames = new();

    // Bytes that were read and not passed on: what can be passed on, then what cannot.
    private byte[] _kept = [];
    private int _start;
    private int _passable;
    private int _end;

    internal ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_start < _end)
        {
            return ReadKeptAsync(buffer, cancellationToken);
        }

        var reading = read(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully ? PassAsync(buffer, reading.Result, cancellationToken) : PassAsync(buffer, reading, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> PassAsync(Memory<byte> buffer, ValueTask<int> reading, CancellationToken cancellationToken)
        => await PassAsync(buffer, await reading.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private ValueTask<int> PassAsync(Memory<byte> buffer, int count, CancellationToken cancellationToken)
    {
        var passed = _frames.Follow(buffer.Span[..count]);
        Keep(buffer.Span[passed..count]);
        return passed > 0 || count == 0 ? new(passed) : ReadKeptAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadKeptAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!CanPass())
        {
            if (buffer.IsEmpty)
            {
                // Only waits for more.
                return await read(buffer, cancellationToken).ConfigureAwait(false);
            }

            MakeRoom();
            var count = await read(_kept.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += count;
            if (count == 0)
            {
                _passable = _end;
            }
        }

        return Take(buffer.Span);
    }

    private bool CanPass()
    {
        if (_passable == _start)
        {
            var kept = _kept.AsSpan(_start.._end);
            _passable += _frames.Follow(kept);
            if (_passable == _start && _frames.TryTakeReset(kept, out var stream, out var code))
            {
                _start -= Gap;
                _passable = _start + GrpcResetTrailer.Length;
                GrpcResetTrailer.Write(_kept.AsSpan(_start), stream, code);
            }
        }

        return _passable > _start;
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _passable - _start);
        _kept.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        if (_start == _end && _kept.Length > SmallSize)
        {
            _kept = [];
            _start = _passable = _end = 0;
        }

        return count;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            if (_kept.Length < Gap + bytes.Length)
            {
                _kept = new byte[Math.Max(SmallSize, Gap + bytes.Length)];
            }

            bytes.CopyTo(_kept.AsSpan(Gap));
            _start = _passable = Gap;
            _end = Gap + bytes.Length;
        }
    }

    /// <summary>Makes room for the rest of a header or reset after its first part.</summary>
    private void MakeRoom()
    {
        if (_end == _kept.Length)
        {
            Keep(_kept.AsSpan(_start.._end));
        }
    }
}
