using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Rx.ThriftStreams.HttpJson.Answers;

/// <summary>How the messages of a stream, and its end, are laid out in a response.</summary>
internal sealed class StreamFormat
{
    private readonly byte[] _message;
    private readonly byte[] _end;
    private readonly byte[] _problem;
    private readonly byte[] _suffix;

    private StreamFormat(string contentType, ReadOnlySpan<byte> message, ReadOnlySpan<byte> end, ReadOnlySpan<byte> problem, ReadOnlySpan<byte> suffix)
    {
        ContentType = contentType;
        _message = message.ToArray();
        _end = end.ToArray();
        _problem = problem.ToArray();
        _suffix = suffix.ToArray();
    }

    /// <summary>Newline-delimited JSON: an object a line, whose only member says what it is.</summary>
    internal static StreamFormat Lines { get; } = new("application/x-ndjson", "{\"message\":"u8, "{\"end\":"u8, "{\"problem\":"u8, "}\n"u8);

    /// <summary>Server-sent events: messages have the default type.</summary>
    internal static StreamFormat Events { get; } = new("text/event-stream", "data: "u8, "event: end\ndata: "u8, "event: problem\ndata: "u8, "\n\n"u8);

    /// <summary>The messages of a WebSocket: those of <see cref="Lines"/>, without the end of a line.</summary>
    internal static StreamFormat Texts { get; } = new(string.Empty, "{\"message\":"u8, "{\"end\":"u8, "{\"problem\":"u8, "}"u8);

    internal string ContentType { get; }

    internal ReadOnlySpan<byte> BeforeMessage => _message;

    internal ReadOnlySpan<byte> BeforeEnd => _end;

    internal ReadOnlySpan<byte> BeforeProblem => _problem;

    internal ReadOnlySpan<byte> After => _suffix;

    /// <summary>The format that a request asks for; <see langword="null"/> if it accepts neither.</summary>
    internal static StreamFormat? For(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return Lines;
        }

        foreach (var type in accepted.OrderByDescending(static type => type.Quality ?? 1))
        {
            if (type.Quality is 0)
            {
                continue;
            }

            if (type.MediaType.Equals(Events.ContentType, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("text/*", StringComparison.OrdinalIgnoreCase))
            {
                return Events;
            }

            if (type.MatchesAllTypes || type.MediaType.Value is "application/*" or "application/x-ndjson")
            {
                return Lines;
            }
        }

        return null;
    }
}
