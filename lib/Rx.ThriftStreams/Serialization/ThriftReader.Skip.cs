namespace Rx.ThriftStreams.Serialization;

// Skipping, by tables and without recursion, so that no input can exhaust the stack.
public ref partial struct ThriftReader
{
    // The size of values of a fixed size; zero for the others and for unassigned codes.
    private static ReadOnlySpan<byte> FixedSize => [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 0, 0, 0, 0, 0, 16];

    /// <inheritdoc/>
    public void Skip(ThriftType type)
    {
        int size = FixedSizeOf(type);
        if (size > 0)
        {
            Take(size);
        }
        else if (type == ThriftType.String)
        {
            Take(ReadLength());
        }
        else
        {
            SkipNested(type);
        }
    }

    private static int FixedSizeOf(ThriftType type) => (uint)type < (uint)FixedSize.Length ? FixedSize[(int)type] : 0;

    private void SkipNested(ThriftType type)
    {
        // Every level takes at least one byte, so a very high limit does not make a large array.
        int allowed = Math.Min(_maxDepth - _depth, Remaining + 1);
        Span<SkipFrame> frames = allowed <= SkipFrame.InlineCount ? stackalloc SkipFrame[SkipFrame.InlineCount] : new SkipFrame[allowed];
        int depth = 0;
        SkipValue(type, frames, ref depth, allowed);
        while (depth > 0)
        {
            ref SkipFrame frame = ref frames[depth - 1];
            if (!frame.IsStruct)
            {
                if (frame.Remaining == 0)
                {
                    depth--;
                    continue;
                }

                type = frame.Next();
            }
            else if (!ReadFieldHeader(out type, out _))
            {
                depth--;
                continue;
            }

            SkipValue(type, frames, ref depth, allowed);
        }
    }

    private void SkipValue(ThriftType type, scoped Span<SkipFrame> frames, ref int depth, int allowed)
    {
        int size = FixedSizeOf(type);
        if (size > 0)
        {
            Take(size);
            return;
        }

        if (type == ThriftType.String)
        {
            Take(ReadLength());
            return;
        }

        SizeOf(type);
        if (depth >= allowed)
        {
            ThriftCodecErrors.TooDeep(_maxDepth, _position, _fieldId);
        }

        switch (type)
        {
            case ThriftType.Struct:
                frames[depth++] = SkipFrame.Struct;
                break;

            case ThriftType.Map:
                int pairs = ReadMapHeader(out ThriftType key, out ThriftType value);
                if (FixedSizeOf(key) > 0 && FixedSizeOf(value) > 0)
                {
                    TakeElements(pairs, FixedSizeOf(key) + FixedSizeOf(value));
                }
                else if (pairs > 0)
                {
                    frames[depth++] = SkipFrame.Pairs(key, value, pairs);
                }

                break;

            default:
                int count = ReadListHeader(out ThriftType element);
                if (FixedSizeOf(element) > 0)
                {
                    TakeElements(count, FixedSizeOf(element));
                }
                else if (count > 0)
                {
                    frames[depth++] = SkipFrame.Elements(element, count);
                }

                break;
        }
    }
}
