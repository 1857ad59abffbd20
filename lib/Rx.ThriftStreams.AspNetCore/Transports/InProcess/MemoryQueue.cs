using System.Threading.Channels;

namespace Rx.ThriftStreams.AspNetCore.Transports.InProcess;

/// <summary>The messages of one direction of a call within the process. One reader and one writer; any thread may complete it.</summary>
internal sealed class MemoryQueue
{
    private readonly Channel<byte[]> _channel = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MemoryExchange.Capacity)
    {
        SingleReader = true,
        SingleWriter = true,
    });

    private long _bytes;

    /// <summary>The bytes of the messages that wait, one that waits for room included.</summary>
    internal long Bytes => Volatile.Read(ref _bytes);

    internal ValueTask WriteAsync(byte[] message, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _bytes, message.Length);
        return _channel.Writer.WriteAsync(message, cancellationToken);
    }

    internal ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken) => _channel.Reader.WaitToReadAsync(cancellationToken);

    internal bool TryRead(out byte[] message)
    {
        if (!_channel.Reader.TryRead(out var taken))
        {
            message = [];
            return false;
        }

        Interlocked.Add(ref _bytes, -taken.Length);
        message = taken;
        return true;
    }

    internal void Complete(Exception? error = null) => _channel.Writer.TryComplete(error);
}
