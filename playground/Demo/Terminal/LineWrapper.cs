namespace Demo.Terminal;

/// <summary>Prints pieces of a text as they come, indented, and breaks lines at words.</summary>
internal sealed class LineWrapper(Screen screen)
{
    private const string Indent = "  ";
    private int _column;

    internal void Add(string piece)
    {
        if (_column == 0)
        {
            screen.Piece(Tone.Plain, Indent);
        }
        else if (_column + piece.Length > screen.TextWidth && piece.StartsWith(' '))
        {
            screen.EndLine();
            screen.Piece(Tone.Plain, Indent);
            piece = piece.TrimStart();
            _column = 0;
        }

        screen.Piece(Tone.Received, piece);
        _column += piece.Length;
    }

    internal void End()
    {
        if (_column > 0)
        {
            screen.EndLine();
            _column = 0;
        }
    }
}
