using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Counts the memory that the objects of one message take. Granted in portions, so that reading observes cancellation after each.</summary>
internal struct ReadBudget
{
    // A portion is decoded in well under a millisecond; most messages need only one and never look at the token.
    private const long Portion = 256 * 1024;

    private readonly CancellationToken _cancellationToken;
    private long _portion;
    private long _rest;

    public ReadBudget(ThriftReaderLimits limits, int messageLength, CancellationToken cancellationToken)
    {
        Limit = limits.MemoryFor(messageLength);
        _portion = Math.Min(Limit, Portion);
        _rest = Limit - _portion;
        _cancellationToken = cancellationToken;
    }

    /// <summary>The memory that the whole message may take.</summary>
    public long Limit { get; }

    /// <summary>Counts an object of <paramref name="size"/> bytes that is about to be allocated.</summary>
    /// <returns><see langword="false"/> if the message then takes more than the limit.</returns>
    /// <exception cref="OperationCanceledException">A portion was used up and the token is cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryCharge(long size)
    {
        _portion -= size;
        return _portion >= 0 || TryTakePortion();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryTakePortion()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_portion + _rest < 0)
        {
            return false;
        }

        long taken = Math.Min(_rest, Portion - _portion);
        _portion += taken;
        _rest -= taken;
        return true;
    }
}
