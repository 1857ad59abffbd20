using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>The last field id of each open struct: the Compact protocol writes ids as differences.</summary>
internal struct FieldIdStack
{
    private const int InlineCount = 64;

    private InlineIds _inline;
    private short[]? _overflow;

    /// <summary>How many structs are open.</summary>
    public int Depth { get; private set; }

    public void Push(short id)
    {
        if (Depth < InlineCount)
        {
            _inline[Depth] = id;
        }
        else
        {
            PushOverflow(id);
        }

        Depth++;
    }

    public short Pop()
    {
        Depth--;
        return Depth < InlineCount ? _inline[Depth] : _overflow![Depth - InlineCount];
    }

    // Needed only with a limit above the default.
    private void PushOverflow(short id)
    {
        int index = Depth - InlineCount;
        if (_overflow is null || index >= _overflow.Length)
        {
            Array.Resize(ref _overflow, Math.Max(InlineCount, 2 * index));
        }

        _overflow[index] = id;
    }

    [InlineArray(InlineCount)]
    private struct InlineIds
    {
        private short _first;
    }
}
