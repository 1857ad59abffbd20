using System.Buffers;

namespace Rx.ThriftStreams.Wire;

/// <summary>Finds the end of a Buffered message in JSON: the bracket that closes the first one.</summary>
/// <inheritdoc/>
internal sealed class JsonMessageScanner(long maxMessageSize) : MessageScanner(maxMessageSize)
{
    // A level of a struct or container has four at most: its own, its field's, and a map's two. The message itself has one.
    private const int MaxBrackets = (4 * TypedMessageScanner.DepthLimit) + 1;

    private static readonly SearchValues<byte> s_outsideTexts = SearchValues.Create("\"[]{}"u8);
    private static readonly SearchValues<byte> s_insideTexts = SearchValues.Create("\"\\"u8);

    private int _open;
    private bool _isInText;
    private bool _isEscaped;

    /// <inheritdoc/>
    public override long NeededBytes => Position + (IsDone ? 0 : Math.Max(1, _open));

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        _open = 0;
        _isInText = false;
        _isEscaped = false;
    }

    /// <inheritdoc/>
    protected override bool Step(ref SequenceReader<byte> reader)
    {
        var span = reader.UnreadSpan;
        if (span.IsEmpty)
        {
            return false;
        }

        if (_isEscaped)
        {
            _isEscaped = false;
            Pass(ref reader, 0, 1);
            return true;
        }

        var next = span.IndexOfAny(_isInText ? s_insideTexts : s_outsideTexts);
        Pass(ref reader, 0, next < 0 ? span.Length : next + 1);
        if (next < 0)
        {
            return true;
        }

        switch (span[next])
        {
            case (byte)'"':
                _isInText = !_isInText;
                break;

            case (byte)'\\':
                _isEscaped = true;
                break;

            case (byte)'[' or (byte)'{':
                _open++;
                if (_open > MaxBrackets)
                {
                    throw new ThriftProtocolException($"the Thrift message is nested deeper than {TypedMessageScanner.DepthLimit}.", Position);
                }

                break;

            default:
                _open--;
                if (_open <= 0)
                {
                    IsDone = true;
                }

                break;
        }

        return true;
    }
}
