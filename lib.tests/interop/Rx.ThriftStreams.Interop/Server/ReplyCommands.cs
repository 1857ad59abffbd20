namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>Commands that decide what is answered.</summary>
internal static class ReplyCommands
{
    /// <summary>The length of a text from which on it is all <c>x</c>.</summary>
    internal const int FillerSize = 16;

    /// <summary>A message of <c>count:N:SIZE</c>, where SIZE is too short for filler.</summary>
    internal static string Numbered(int index, int size) => $"message-{index}".PadRight(size, 'x');

    /// <summary><c>count:N[:SIZE]</c>: N messages now.</summary>
    internal static ValueTask Count(CommandRun run, string arguments)
    {
        if (!run.CanStream)
        {
            run.Answer($"count:{arguments}");
            return ValueTask.CompletedTask;
        }

        var parts = arguments.Split(':');
        var count = Math.Max(0, CommandText.Number(parts[0]));
        var size = parts.Length > 1 ? CommandText.Number(parts[1]) : 0;
        run.Send(size >= FillerSize
            ? Enumerable.Repeat(new string('x', size), count)
            : Enumerable.Range(0, count).Select(i => Numbered(i, size)));
        return ValueTask.CompletedTask;
    }

    /// <summary><c>size:N</c>: a reply of N bytes.</summary>
    internal static ValueTask Size(CommandRun run, string arguments)
    {
        run.Answer(new string('x', Math.Max(0, CommandText.Number(arguments))));
        return ValueTask.CompletedTask;
    }

    /// <summary><c>nilmsg</c>: a reply whose message is unset.</summary>
    internal static ValueTask Unset(CommandRun run, string arguments)
    {
        run.Answer(null);
        return ValueTask.CompletedTask;
    }

    /// <summary><c>return</c>: the end, without a reply.</summary>
    internal static ValueTask Return(CommandRun run, string arguments)
    {
        run.HasReturned = true;
        return ValueTask.CompletedTask;
    }
}
