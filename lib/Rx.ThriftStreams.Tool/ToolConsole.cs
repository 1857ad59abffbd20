using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary>
/// Where the tool writes: with colours and live displays in a terminal, and plain text elsewhere, for instance in a pipe. The environment variable <c>NO_COLOR</c> turns off colours, and
/// <c>TERM=dumb</c> everything.
/// </summary>
internal sealed class ToolConsole
{
    private readonly TextWriter _writer;

    private ToolConsole(TextWriter writer, bool isTerminal, bool hasColours)
    {
        _writer = writer;
        IsTerminal = isTerminal;
        Output = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            ColorSystem = isTerminal && hasColours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
    }

    /// <summary>Whether a person looks at it.</summary>
    public bool IsTerminal { get; }

    /// <summary>Takes markup, tables and live displays.</summary>
    public IAnsiConsole Output { get; }

    /// <summary>The console of a writer.</summary>
    public static ToolConsole Of(TextWriter writer)
    {
        var isTerminal = Environment.GetEnvironmentVariable("TERM") != "dumb"
            && ((ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected) || (ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected));
        return new(writer, isTerminal, string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
    }

    /// <summary>Writes a line that is not wrapped.</summary>
    /// <param name="text">The line.</param>
    /// <param name="colour">Its colour in a terminal; <see langword="null"/> for none.</param>
    public void WriteLine(string text, Color? colour = null)
    {
        if (colour is { } shown && IsTerminal && Output.Profile.Capabilities.ColorSystem != ColorSystem.NoColors)
        {
            // Spectre would wrap the line at the width of the terminal, which breaks links to places in files.
            _writer.WriteLine($"\e[{(shown == Color.Red ? 31 : 33)}m{text}\e[0m");
            return;
        }

        _writer.WriteLine(text);
    }
}
