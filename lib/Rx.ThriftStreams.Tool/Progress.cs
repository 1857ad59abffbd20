using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary>Shows in a terminal what takes long; shows nothing elsewhere, so that the standard error has errors only.</summary>
internal static class Progress
{
    /// <param name="error">The standard error.</param>
    /// <param name="what">What is done.</param>
    /// <param name="work">Does it.</param>
    public static T Run<T>(TextWriter error, string what, Func<T> work)
    {
        var console = ToolConsole.Of(error);
        return console.IsTerminal ? console.Output.Status().Start(Markup.Escape(what), _ => work()) : work();
    }

    /// <inheritdoc cref="Run{T}(TextWriter, string, Func{T})"/>
    public static Task<T> RunAsync<T>(TextWriter error, string what, Func<Task<T>> work)
    {
        var console = ToolConsole.Of(error);
        return console.IsTerminal ? console.Output.Status().StartAsync(Markup.Escape(what), _ => work()) : work();
    }
}
