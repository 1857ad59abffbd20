namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>Commands that end the handler with an error.</summary>
internal static class ErrorCommands
{
    /// <summary><c>error:CODE:text</c>. The status 0 is none: the handler ends without a reply.</summary>
    internal static ValueTask Status(CommandRun run, string arguments)
    {
        var (code, text) = CommandText.CodeAndText(arguments);
        return code == 0 ? ReplyCommands.Return(run, arguments) : throw new ThriftStatusException((ThriftStatusCode)code, text);
    }

    /// <summary><c>errdetail:CODE:text</c>.</summary>
    internal static ValueTask StatusWithDetail(CommandRun run, string arguments)
    {
        var (code, text) = CommandText.CodeAndText(arguments);
        return code == 0 ? ReplyCommands.Return(run, arguments) : throw new ThriftStatusException((ThriftStatusCode)code, text) { Details = GoogleStatus.WithString(code, text, text) };
    }

    /// <summary><c>biz:CODE:text[:k=v,k=v]</c>.</summary>
    internal static ValueTask Biz(CommandRun run, string arguments)
    {
        var (code, text, extra) = BizArguments(arguments);
        throw new ThriftBizStatusException(code, text, extra);
    }

    /// <summary><c>bizgrpc:CODE:text[:k=v]</c>.</summary>
    internal static ValueTask BizWithStatus(CommandRun run, string arguments)
    {
        var (code, text, extra) = BizArguments(arguments);
        throw new ThriftBizStatusException(code, text, extra)
        {
            Details = GoogleStatus.WithString((int)ThriftStatusCode.Internal, text, "biz-detail"),
        };
    }

    /// <summary><c>plainerr:text</c>.</summary>
    internal static ValueTask Plain(CommandRun run, string arguments) => throw new PlainException(arguments);

    /// <summary><c>appex:TYPE:text</c>.</summary>
    internal static ValueTask Application(CommandRun run, string arguments)
    {
        // A type that a handler chooses does not reach callers, in Kitex neither.
        throw new PlainException(CommandText.CodeAndText(arguments).Text);
    }

    /// <summary><c>panic[:text]</c>.</summary>
    internal static ValueTask Fault(CommandRun run, string arguments)
        => throw new InvalidOperationException($"panic requested by the client: {arguments}");

    private static (int Code, string Text, Dictionary<string, string>? Extra) BizArguments(string arguments)
    {
        var parts = arguments.Split(':', 3);
        return (CommandText.Number(parts[0]), parts.ElementAtOrDefault(1) ?? string.Empty, parts.Length > 2 ? CommandText.Pairs(parts[2]) : null);
    }

    /// <summary>An error that is nobody's but the program's.</summary>
    private sealed class PlainException(string message) : Exception(message);
}
