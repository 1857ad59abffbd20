using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Rx.ThriftStreams.Dynamic;

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
    internal static StreamFormat Events { get; } = new("text/event-stream", "data: "u8, "event: end\ndata: "u8, "event: problem\ndata: "u8, "\n\n"u8) { Heartbeat = ":\n\n"u8.ToArray() };

    /// <summary>The messages of a WebSocket: those of <see cref="Lines"/>, without the end of a line.</summary>
    internal static StreamFormat Texts { get; } = new(string.Empty, "{\"message\":"u8, "{\"end\":"u8, "{\"problem\":"u8, "}"u8);

    internal string ContentType { get; }

    /// <summary>What is sent when there is nothing to send; empty if the format has no place for it.</summary>
    internal ReadOnlyMemory<byte> Heartbeat { get; private init; }

    /// <summary>Appends a message.</summary>
    /// <returns>How many bytes it takes.</returns>
    internal int WriteMessage(IBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        output.Write(_message);
        output.Write(json);
        output.Write(_suffix);
        return _message.Length + json.Length + _suffix.Length;
    }

    /// <summary>Appends the end of a stream: the problem, or else the trailers.</summary>
    internal void WriteEnd(IBufferWriter<byte> output, Problem? problem, ThriftDynamicJsonOptions json, ThriftMetadata trailers, HttpContext http)
    {
        if (problem is null)
        {
            output.Write(_end);
            MetadataJson.WriteObject(output, "trailers", trailers);
        }
        else
        {
            output.Write(_problem);
            problem.Write(output, json, trailers, http);
        }

        output.Write(_suffix);
    }

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
