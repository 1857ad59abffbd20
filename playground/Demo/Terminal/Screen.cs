namespace Demo.Terminal;

/// <summary>
/// Writes to the console, in colour if it is one: <see cref="Console.ForegroundColor"/> does nothing when the output is redirected. Thread-safe; text of one call
/// stays together.
/// </summary>
internal sealed class Screen
{
    private readonly Lock _gate = new();
    private readonly bool _coloured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Writes a piece of a line.</summary>
    internal void Piece(Tone tone, string text)
    {
        lock (_gate)
        {
            Write(tone, text);
        }
    }

    /// <summary>Writes a line, indented to stand under its heading.</summary>
    internal void Line(Tone tone, string text)
    {
        lock (_gate)
        {
            Write(tone, $"  {text}");
            Console.WriteLine();
        }
    }

    /// <summary>Writes a line with a mark before it, for instance the direction in which a message travels.</summary>
    internal void Line(Tone tone, string mark, string text)
    {
        lock (_gate)
        {
            Write(tone, $"  {mark} ");
            Write(Tone.Plain, text);
            Console.WriteLine();
        }
    }

    /// <summary>Ends a line that was written in pieces.</summary>
    internal void EndLine() => Piece(Tone.Plain, Environment.NewLine);

    /// <summary>Begins a scenario.</summary>
    internal void Heading(string title, string explanation)
    {
        lock (_gate)
        {
            Console.WriteLine();
            Write(Tone.Heading, title);
            Console.WriteLine();
            Write(Tone.Plain, $"  {explanation}");
            Console.WriteLine();
        }
    }

    private void Write(Tone tone, string text)
    {
        if (!_coloured || tone == Tone.Plain)
        {
            Console.Write(text);
            return;
        }

        Console.ForegroundColor = tone switch
        {
            Tone.Heading => ConsoleColor.Magenta,
            Tone.Sent => ConsoleColor.Cyan,
            Tone.Received => ConsoleColor.Green,
            Tone.Good => ConsoleColor.Green,
            _ => ConsoleColor.Red,
        };
        Console.Write(text);
        Console.ResetColor();
    }
}
