using System.Buffers;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// The memory of Kestrel's pipes in blocks of 64 KiB instead of 4: a block is what one system call receives at most, and what wakes the reader of a connection. Kestrel's own
/// blocks when all large ones are in use.
/// </summary>
/// <param name="blocks">How many large blocks there may be.</param>
/// <param name="small">Kestrel's own pool.</param>
internal sealed class LargeBlockPool(LargeBlockPoolFactory blocks, MemoryPool<byte> small) : MemoryPool<byte>
{
    internal const int BlockSize = 64 * 1024;

    private readonly Lock _lock = new();

    // The block that was returned last is rented first: it is the most likely one to be in the processor's cache.
    private readonly Stack<Block> _free = new();
    private int _leastFree;
    private bool _isDisposed;

    /// <inheritdoc/>
    public override int MaxBufferSize => small.MaxBufferSize;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (minBufferSize <= MaxBufferSize)
        {
            lock (_lock)
            {
                if (_free.TryPop(out var block))
                {
                    _leastFree = Math.Min(_leastFree, _free.Count);
                    block.IsRented = true;
                    return block;
                }
            }

            if (blocks.TryAdd())
            {
                return new Block(this);
            }
        }

        return small.Rent(minBufferSize);
    }

    /// <summary>Gives up the blocks that were not needed since the last time.</summary>
    internal void Trim()
    {
        lock (_lock)
        {
            for (; _leastFree > 0; _leastFree--)
            {
                _ = _free.Pop();
                blocks.Remove();
            }

            _leastFree = _free.Count;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        blocks.Forget(this);
        lock (_lock)
        {
            _isDisposed = true;
            _leastFree = _free.Count;
        }

        Trim();
        small.Dispose();
    }

    private void Return(Block block)
    {
        lock (_lock)
        {
            // Two connections would share a block that was returned twice.
            ObjectDisposedException.ThrowIf(!block.IsRented, block);
            block.IsRented = false;
            if (_isDisposed)
            {
                blocks.Remove();
            }
            else
            {
                _free.Push(block);
            }
        }
    }

    private sealed class Block(LargeBlockPool pool) : IMemoryOwner<byte>
    {
        internal bool IsRented { get; set; } = true;

        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);

        public void Dispose() => pool.Return(this);
    }
}
