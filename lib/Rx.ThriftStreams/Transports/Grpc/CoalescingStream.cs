using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>
/// Gathers what is written while an earlier write is on its way, so that many small messages become one write to the connection.
/// </summary>
/// <remarks>
/// Grpc.Net.Client writes and flushes every message by itself. Here a write appends and completes at once, and a flush wakes one pump,
/// which writes and flushes whatever has gathered. Above 64 KiB writers wait for the pump: that is the back-pressure.
/// An error of the connection surfaces at the next write or flush, or at the end.
/// </remarks>
internal sealed class CoalescingStream(Stream destination) : Stream
{
    private const int HighWater = 64 * 1024;

    private readonly Lock _gate = new();
    private ThriftWriteBuffer _gathering = new();
    private ThriftWriteBuffer _writing = new();
    private TaskCompletionSource? _room;
    private Task _pump = Task.CompletedTask;
    private bool _pumping;
    private Exception? _error;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_error is not null)
            {
                return ValueTask.FromException(_error);
            }

            _gathering.Write(buffer.Span);
            if (_gathering.Length < HighWater)
            {
                return default;
            }

            StartPump();
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_room.Task.WaitAsync(cancellationToken));
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_error is not null)
            {
                return Task.FromException(_error);
            }

            StartPump();
            return Task.CompletedTask;
        }
    }

    /// <summary>Completes when all that was written has been flushed.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    internal async Task DrainAsync()
    {
        while (true)
        {
            Task pump;
            lock (_gate)
            {
                if (_error is not null)
                {
                    throw _error;
                }

                if (!_pumping && _gathering.Length == 0)
                {
                    return;
                }

                StartPump();
                pump = _pump;
            }

            await pump.ConfigureAwait(false);
        }
    }

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        // The buffers go back to the pool only when the pump has let go of them.
        await _pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _error ??= new ObjectDisposedException(nameof(CoalescingStream));
            _gathering.Dispose();
            _writing.Dispose();
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void StartPump()
    {
        if (!_pumping && _gathering.Length > 0)
        {
            _pumping = true;
            _pump = Task.Run(PumpAsync);
        }
    }

    private async Task PumpAsync()
    {
        try
        {
            while (true)
            {
                TaskCompletionSource? room;
                lock (_gate)
                {
                    if (_gathering.Length == 0)
                    {
                        _pumping = false;
                        return;
                    }

                    (_gathering, _writing) = (_writing, _gathering);
                    room = _room;
                    _room = null;
                }

                room?.SetResult();
                await destination.WriteAsync(_writing.WrittenMemory).ConfigureAwait(false);
                await destination.FlushAsync().ConfigureAwait(false);
                _writing.Reset();
            }
        }
        catch (Exception error)
        {
            TaskCompletionSource? room;
            lock (_gate)
            {
                _error = error;
                _pumping = false;
                room = _room;
                _room = null;
            }

            room?.SetException(error);
        }
    }
}
