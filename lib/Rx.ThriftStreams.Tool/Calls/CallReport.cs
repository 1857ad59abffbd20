using System.Globalization;
using Spectre.Console;

namespace Rx.ThriftStreams.Tool;

/// <summary>What <c>call --verbose</c> prints beside the messages: to the standard error, with colours in a terminal.</summary>
internal sealed class CallReport
{
    private readonly IAnsiConsole _console;
    private readonly TimeProvider _clock;
    private readonly long _started;
    private int _received;

    public CallReport(TextWriter error, TimeProvider clock)
    {
        _console = ToolConsole.Of(error).Output;
        _clock = clock;
        _started = clock.GetTimestamp();
    }

    public void Sent(ThriftCallOptions options)
    {
        foreach (var header in options.Headers ?? [])
        {
            Line('>', header.Key, header.Value);
        }
    }

    public void Received() => _received++;

    /// <summary>Prints headers, trailers, backward metainfo, the status and the time that the call took.</summary>
    public async Task EndAsync(ThriftCall call)
    {
        Line('*', "peer", call.Peer);
        foreach (var header in await call.GetHeadersAsync())
        {
            Line('<', header.Key, header.Value);
        }

        foreach (var trailer in call.Trailers)
        {
            Line('<', "trailer " + trailer.Key, trailer.Value);
        }

        foreach (var pair in call.Backward)
        {
            Line('<', "backward " + pair.Key, pair.Value);
        }

        if (call.Status is { } status)
        {
            Line('*', "status", status.ToString() ?? "");
        }

        var elapsed = _clock.GetElapsedTime(_started).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
        Line('*', "received", $"{_received} message{(_received == 1 ? "" : "s")} in {elapsed} ms");
    }

    private void Line(char direction, string name, string value)
        => _console.Write(new Markup($"[grey]{direction}[/] [blue]{Markup.Escape(name)}[/]: {Markup.Escape(value)}\n"));
}
