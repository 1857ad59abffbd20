using System.Collections.Frozen;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>Runs one command with the text after its name.</summary>
public delegate ValueTask Command(CommandRun run, string arguments);

/// <summary>The commands that a message can consist of.</summary>
public static class CommandTable
{
    private static readonly FrozenDictionary<string, Command> Commands = new Dictionary<string, Command>
    {
        ["count"] = ReplyCommands.Count,
        ["size"] = ReplyCommands.Size,
        ["nilmsg"] = ReplyCommands.Unset,
        ["return"] = ReplyCommands.Return,
        ["error"] = ErrorCommands.Status,
        ["errdetail"] = ErrorCommands.StatusWithDetail,
        ["biz"] = ErrorCommands.Biz,
        ["bizgrpc"] = ErrorCommands.BizWithStatus,
        ["plainerr"] = ErrorCommands.Plain,
        ["appex"] = ErrorCommands.Application,
        ["panic"] = ErrorCommands.Fault,
        ["sleep"] = TimeCommands.Sleep,
        ["sleepctx"] = TimeCommands.SleepUnlessCancelled,
        ["cancelwatch"] = TimeCommands.WatchCancellation,
        ["deadline"] = TimeCommands.Deadline,
        ["header"] = MetadataCommands.Header,
        ["sendheader"] = MetadataCommands.SendHeader,
        ["trailer"] = MetadataCommands.Trailer,
        ["bigheader"] = MetadataCommands.BigHeader,
        ["meta"] = MetadataCommands.Meta,
        ["backward"] = MetadataCommands.Backward,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether a text is a program: what begins with <c>x</c> is filler, and what begins with no command is text.</summary>
    public static bool IsProgram(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return !text.StartsWith('x') && Commands.ContainsKey(Split(text.Split(';')[0]).Name);
    }

    /// <summary>Runs the commands of <see cref="CommandRun.Text"/> in order; yields the messages to send in between.</summary>
    public static async IAsyncEnumerable<string> RunAsync(CommandRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        foreach (var part in run.Text.Split(';'))
        {
            var (name, arguments) = Split(part);
            if (!Commands.TryGetValue(name, out var command))
            {
                run.Answer(part);
                continue;
            }

            await command(run, arguments);
            foreach (var message in run.TakeMessages())
            {
                yield return message;
            }

            if (run.HasReturned)
            {
                yield break;
            }
        }
    }

    private static (string Name, string Arguments) Split(string part)
    {
        var colon = part.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (part, string.Empty) : (part[..colon], part[(colon + 1)..]);
    }
}
