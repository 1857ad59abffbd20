using System.Diagnostics;

namespace Rx.ThriftStreams.Transport;

/// <summary>
/// Charges the memory that a peer makes this process hold to a limit. The budget of a connection has the budget of its server as its parent, so all
/// connections together never hold more than the server allows.
/// </summary>
/// <remarks>
/// Thread-safe. A child draws from its parent in blocks: a message costs one interlocked addition on a counter that only its own connection uses. The parent
/// may therefore count up to four blocks more for each child than the child uses.
/// </remarks>
internal sealed class PeerMemory
{
    private const long Block = 64 * 1024;
    private const long LargestReserve = 4 * Block;

    private readonly PeerMemory? _parent;
    private readonly Lock _gate = new();
    private long _used;

    // The bytes drawn from the parent: a multiple of the block size. Written under the lock.
    private long _drawn;
    private bool _closed;

    /// <param name="limit">The most bytes that may be in use.</param>
    /// <param name="parent">The budget that this one is a part of; <see langword="null"/> for none.</param>
    internal PeerMemory(long limit, PeerMemory? parent = null)
    {
        Limit = limit;
        _parent = parent;
    }

    internal long Limit { get; }

    /// <summary>The bytes in use.</summary>
    internal long Used => Interlocked.Read(ref _used);

    /// <summary>Whether more than the limit is in use. Only <see cref="Take"/> goes beyond it.</summary>
    internal bool IsOver => Used > Limit;

    /// <summary>Whether the parent has more in use than its limit, whichever of its children holds it.</summary>
    internal bool IsParentOver => _parent is { IsOver: true };

    /// <summary>
    /// Whether the parent has less than a sixteenth of its limit left. Whoever waits for the rest of something large must then yield: the remainder is for new connections and for what is small
    /// and complete, which would otherwise be refused because of peers that announce much and never finish it.
    /// </summary>
    internal bool IsParentNearlyOver => _parent is not null && _parent.Used > _parent.Limit - (_parent.Limit / 16);

    /// <summary>Takes the bytes if they are within the limits of this budget and its parent; otherwise takes nothing.</summary>
    internal bool TryTake(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (used <= Limit && (_parent is null || used <= Volatile.Read(ref _drawn) || TryDraw()))
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    /// <summary>Charges bytes that are already held, even beyond the limit. The caller checks <see cref="IsOver"/> and stops taking more.</summary>
    internal void Take(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (_parent is not null && used > Volatile.Read(ref _drawn))
        {
            lock (_gate)
            {
                var missing = Missing();
                if (missing > 0)
                {
                    _parent.Take(missing);
                    Volatile.Write(ref _drawn, _drawn + missing);
                }
            }
        }
    }

    /// <summary>Returns bytes that were taken before.</summary>
    internal void Return(long bytes)
    {
        var used = Interlocked.Add(ref _used, -bytes);
        Debug.Assert(used >= 0, "More was returned than was taken.");
        if (_parent is not null && (Volatile.Read(ref _drawn) - used > LargestReserve || Volatile.Read(ref _closed)))
        {
            GiveBack();
        }
    }

    /// <summary>
    /// Releases the reserve when the connection has ended. Bytes still in use, for example by a handler that is still running, stay charged until they are
    /// returned.
    /// </summary>
    internal void Close()
    {
        Volatile.Write(ref _closed, true);
        GiveBack();
    }

    private bool TryDraw()
    {
        lock (_gate)
        {
            var missing = Missing();
            if (missing <= 0)
            {
                return true;
            }

            if (!_parent!.TryTake(missing))
            {
                return false;
            }

            Volatile.Write(ref _drawn, _drawn + missing);
            return true;
        }
    }

    private void GiveBack()
    {
        if (_parent is null)
        {
            return;
        }

        lock (_gate)
        {
            var reserve = _closed ? 0 : Block;
            var excess = -(Missing() + reserve);
            if (excess > 0)
            {
                Volatile.Write(ref _drawn, _drawn - excess);
                _parent.Return(excess);
            }
        }
    }

    private long Missing() => ((Used + Block - 1) / Block * Block) - _drawn;
}
