using Spectre.Console;

namespace Demo.Terminal;

/// <summary>Writes to a console: in colour and within its width if it is a terminal, otherwise line by line as they are. Thread-safe; text of one call stays together.</summary>
internal sealed class Screen
{
    private const int Indentation = 2;
    private const int WidestText = 90;

    private readonly Lock _gate = new();
    private readonly IAnsiConsole _console;

    internal Screen(IAnsiConsole console)
    {
        _console = console;
        if (!console.Profile.Out.IsTerminal)
        {
            // Whoever reads a file wants lines as they were written.
            console.Profile.Width = int.MaxValue;
        }
    }

    /// <summary>How many columns of text are comfortable to read.</summary>
    internal int TextWidth => Math.Min(WidestText, _console.Profile.Width - Indentation);

    /// <summary>Writes a piece of a line.</summary>
    internal void Piece(Tone tone, string text)
    {
        lock (_gate)
        {
            _console.Write(text, StyleOf(tone));
        }
    }

    /// <summary>Writes a line, indented to stand under its heading.</summary>
    internal void Line(Tone tone, string text) => WriteIndented(new Paragraph(text, StyleOf(tone)));

    /// <summary>Writes a line with a mark before it, for instance the direction in which a message travels.</summary>
    internal void Line(Tone tone, string mark, string text) => WriteIndented(new Paragraph(mark, StyleOf(tone)).Append($" {text}"));

    /// <summary>Ends a line that was written in pieces.</summary>
    internal void EndLine() => Piece(Tone.Plain, Environment.NewLine);

    /// <summary>Begins a scenario.</summary>
    internal void Heading(string title, string explanation)
    {
        lock (_gate)
        {
            _console.WriteLine();
            _console.WriteLine(title, StyleOf(Tone.Heading));
            WriteIndented(new Paragraph(explanation));
        }
    }

    private void WriteIndented(Paragraph text)
    {
        lock (_gate)
        {
            _console.Write(new Padder(text, new Padding(Indentation, 0, 0, 0)) { Expand = false });
        }
    }

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Plain => Style.Plain,
        Tone.Heading => new Style(Color.Fuchsia),
        Tone.Sent => new Style(Color.Aqua),
        Tone.Received or Tone.Good => new Style(Color.Green),
        _ => new Style(Color.Red),
    };
}
