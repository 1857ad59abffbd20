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
    public void WriteLine(string text) => _writer.WriteLine(text);
}
