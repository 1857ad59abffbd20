using System.Text;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>Commands about what travels besides messages.</summary>
internal static class MetadataCommands
{
    private const string OwnName = "lab.server";

    /// <summary><c>header</c>: headers, trailers and backward metainfo of the program's own.</summary>
    internal static ValueTask Header(CommandRun run, string arguments)
    {
        SetAll(run);
        return Meta(run, arguments);
    }

    /// <summary><c>sendheader</c>: the same, with the headers sent at once.</summary>
    internal static async ValueTask SendHeader(CommandRun run, string arguments)
    {
        SetAll(run);
        await run.Context.SendHeadersAsync();
        await Meta(run, arguments);
    }

    /// <summary><c>trailer:k=v,…</c>.</summary>
    internal static ValueTask Trailer(CommandRun run, string arguments)
    {
        foreach (var (name, value) in CommandText.Pairs(arguments))
        {
            run.Context.ResponseTrailers.Set(name, value);
        }

        run.Answer("trailer:true");
        return ValueTask.CompletedTask;
    }

    /// <summary><c>bigheader:N</c>.</summary>
    internal static ValueTask BigHeader(CommandRun run, string arguments)
    {
        run.Context.ResponseHeaders.Set("x-big", new string('h', CommandText.Number(arguments)));
        run.Answer($"bigheader:{arguments}");
        return ValueTask.CompletedTask;
    }

    /// <summary><c>backward:k=v</c>.</summary>
    internal static ValueTask Backward(CommandRun run, string arguments)
    {
        foreach (var (key, value) in CommandText.Pairs(arguments))
        {
            run.Context.MetaInfo.Backward[key] = value;
        }

        run.Answer("backward:true");
        return ValueTask.CompletedTask;
    }

    /// <summary><c>meta</c>: what came with the call.</summary>
    internal static ValueTask Meta(CommandRun run, string arguments)
    {
        run.Answer($"meta:{Describe(run.Context)}");
        return ValueTask.CompletedTask;
    }

    /// <summary>What came with a call, as JSON.</summary>
    internal static string Describe(ThriftServerContext context)
    {
        var metadata = context.RequestHeaders.GroupBy(entry => entry.Key).Select(group => KeyValuePair.Create(group.Key, group.Select(entry => Readable(context, entry)))).ToList();
        return Json.Object(
            ("transport", Json.Quote(TransportName(context.Transport))),
            ("service", Json.Quote(context.Method.ServiceName)),
            ("method", Json.Quote(context.Method.Name)),
            ("from", Json.Quote(context.CallerService)),
            ("to", Json.Quote(OwnName)),
            ("metadata", metadata.Count == 0 ? null : Json.Map(metadata, values => Json.Array(values, Json.Quote))),
            ("transient", MapOrNull(context.MetaInfo.Transient)),
            ("persistent", MapOrNull(context.MetaInfo.Persistent)));
    }

    private static void SetAll(CommandRun run)
    {
        // Set, not added: Kitex cannot read a header with two values, and a program may say "header" twice.
        run.Context.ResponseHeaders.Set("x-lab-header", "header-value");
        run.Context.ResponseHeaders.Set("x-lab-transport", run.Context.Transport == "grpc" ? "grpc" : "ttheader");
        run.Context.ResponseTrailers.Set("x-lab-trailer", "trailer-value");
        run.Context.MetaInfo.Backward["lab-backward"] = "backward-value";
    }

    /// <summary>Bytes are shown as the text that they would be.</summary>
    private static string Readable(ThriftServerContext context, KeyValuePair<string, string> entry)
        => entry.Key.EndsWith("-bin", StringComparison.Ordinal) && context.RequestHeaders.TryGetBinary(entry.Key, out var bytes)
            ? Encoding.UTF8.GetString(bytes)
            : entry.Value;

    private static string? MapOrNull(IDictionary<string, string> map) => map.Count == 0 ? null : Json.Map(map, Json.Quote);

    /// <summary>The names that other programs of this contract print.</summary>
    private static string TransportName(string transport) => transport switch
    {
        "grpc" => "GRPC",
        "ttheader-streaming" => "TTHeaderStreaming",
        "ttheader" => "TTHeader",
        "ttheaderframed" => "TTHeader|Framed",
        "framed" => "Framed",
        "buffered" => "PurePayload",
        _ => transport,
    };
}
