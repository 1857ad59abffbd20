using System.Buffers;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>A scanner that follows the structs and containers of a message. It uses an explicit stack of fixed depth instead of recursion.</summary>
/// <param name="maxMessageSize">The largest message in bytes. A length or count that must exceed it fails before its bytes arrive.</param>
/// <param name="maxDepth">How deep structs and containers may be nested, at most 64.</param>
internal abstract class TypedMessageScanner(long maxMessageSize, int maxDepth) : MessageScanner(maxMessageSize)
{
    public const int DepthLimit = 64;

    private readonly long _maxMessageSize = maxMessageSize;
    private Levels _levels;
    private int _depth;

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        _depth = 0;
    }

    /// <summary>A field header comes next.</summary>
    protected abstract void ExpectField();

    /// <summary>A value comes next, in a container.</summary>
    protected abstract void ExpectValue(ThriftType type);

    /// <summary>The size of a value that always has the same, in bytes; 0 for the others.</summary>
    protected abstract int FixedSizeOf(ThriftType type);

    /// <summary>The fewest bytes of a value; 0 for what is not a type.</summary>
    protected abstract int LeastSizeOf(ThriftType type);

    protected void BeginStruct()
    {
        Push(new Level(ThriftType.Struct));
        ExpectField();
    }

    /// <summary>The stop of a struct was taken.</summary>
    protected void EndStruct()
    {
        _depth--;
        EndValue();
    }

    protected void BeginContainer(ref SequenceReader<byte> reader, ThriftType first, ThriftType second, long elements)
    {
        if (elements == 0)
        {
            EndValue();
            return;
        }

        // Every element has a minimum size, so a false count fails here, before waiting for its bytes.
        long least = (elements / 2 * (LeastSizeOf(first) + LeastSizeOf(second))) + (elements % 2 * LeastSizeOf(first));
        if (least > _maxMessageSize - Position)
        {
            throw new ThriftProtocolException($"a container of {elements} elements cannot fit into the limit of {_maxMessageSize} bytes.", Position);
        }

        if (FixedSizeOf(first) > 0 && FixedSizeOf(second) > 0)
        {
            Pass(ref reader, 0, least);
            EndValue();
            return;
        }

        Push(new Level(first, second, elements));
        ExpectValue(first);
    }

    /// <summary>A value is complete: its container determines what follows.</summary>
    protected void EndValue()
    {
        while (_depth > 0)
        {
            ref Level level = ref _levels[_depth - 1];
            if (level.Left < 0)
            {
                ExpectField();
                return;
            }

            level.Left--;
            if (level.Left > 0)
            {
                (level.Next, level.Other) = (level.Other, level.Next);
                ExpectValue(level.Next);
                return;
            }

            _depth--;
        }

        IsDone = true;
    }

    protected long CheckSize(int size)
    {
        if (size < 0)
        {
            throw new ThriftProtocolException($"negative size[{size}] in a Thrift message.", Position);
        }

        return size;
    }

    private void Push(Level level)
    {
        if (_depth >= Math.Min(maxDepth, DepthLimit))
        {
            throw new ThriftProtocolException($"the Thrift message is nested deeper than {Math.Min(maxDepth, DepthLimit)}.", Position);
        }

        _levels[_depth++] = level;
    }

    // A struct has Left -1; a container the number of values still to come, the one being read included.
    private struct Level(ThriftType next, ThriftType other = default, long left = -1)
    {
        public ThriftType Next = next;
        public ThriftType Other = other;
        public long Left = left;
    }

    [InlineArray(DepthLimit)]
    private struct Levels
    {
        private Level _first;
    }
}
