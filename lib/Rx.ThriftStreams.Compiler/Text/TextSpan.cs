namespace Rx.ThriftStreams.Compiler.Text;

/// <summary>A range of characters in a file.</summary>
internal readonly record struct TextSpan(int Start, int Length)
{
    public int End => Start + Length;

    public static TextSpan FromBounds(int start, int end) => new(start, end < start ? 0 : end - start);
}
