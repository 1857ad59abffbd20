using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Health;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>
/// Answers probes in HTTP/1 on a port whose HTTP is otherwise HTTP/2 with prior knowledge: one request for <see cref="ThriftServerOptions.HttpProbePath"/>, one answer, and the end of the
/// connection. Whoever wants more of HTTP/1 needs a port of Kestrel's own.
/// </summary>
internal sealed class HttpProbe(ThriftServerRuntime runtime, IServiceProvider services)
{
    /// <summary>The longest request that is read: probes send a few hundred bytes.</summary>
    internal const int MaxRequest = 8 * 1024;

    private readonly HealthState _health = new(runtime, services);

    /// <summary>Serves a connection whose first bytes are a request of HTTP/1. Never fails.</summary>
    internal async Task RunAsync(ConnectionContext connection, ThriftProtocols protocols, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(CallTimers.DueTimeOfLimit(runtime.Options.Limits.DetectionTimeout), runtime.Options.TimeProvider);
        try
        {
            if (await ReadAsync(connection, limit.Token).ConfigureAwait(false) is not { } line)
            {
                return;
            }

            var (status, text) = await AnswerAsync(line).ConfigureAwait(false);
            var body = line.StartsWith("HEAD ", StringComparison.Ordinal) ? string.Empty : text;
            await connection.Transport.Output.WriteAsync(
                Encoding.ASCII.GetBytes(string.Create(
                    CultureInfo.InvariantCulture,
                    $"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{body}")),
                limit.Token).ConfigureAwait(false);
            if (!HasNoBody(line))
            {
                await LingerAsync(connection, stopping).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            // Gone, or too slow: a probe that gets no answer counts as failed anyway.
        }
    }

    /// <summary>Reads the whole head of the request.</summary>
    /// <returns>Its first line; <see langword="null"/> if it is too long or not complete.</returns>
    private static async ValueTask<string?> ReadAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (TryReadLine(read.Buffer, out var line))
            {
                input.AdvanceTo(read.Buffer.End);
                return line;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.Buffer.Length >= MaxRequest)
            {
                return null;
            }
        }
    }

    private static bool TryReadLine(in ReadOnlySequence<byte> received, out string line)
    {
        line = string.Empty;
        var reader = new SequenceReader<byte>(received);
        return reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8)
            && (line = Encoding.Latin1.GetString(head).Split('\r')[0]).Length > 0;
    }

    /// <summary>Only requests without a body are answered with success. One with a body is refused while it still arrives: the peer has to get the answer.</summary>
    private static bool HasNoBody(string line) => line.StartsWith("GET ", StringComparison.Ordinal) || line.StartsWith("HEAD ", StringComparison.Ordinal);

    private async ValueTask LingerAsync(ConnectionContext connection, CancellationToken stopping)
    {
        var linger = new Linger(connection.Transport.Input, runtime.Options.Limits.MaxReceiveMessageSize, runtime.Options.TimeProvider);
        using var limit = new CancellationTokenSource(Linger.Limit, runtime.Options.TimeProvider);
        using var expiry = limit.Token.UnsafeRegister(static state => ((Linger)state!).End(), linger);
        using var stop = stopping.UnsafeRegister(static state => ((Linger)state!).End(), linger);
        await linger.RunAsync().ConfigureAwait(false);
    }

    private async ValueTask<(string Status, string Text)> AnswerAsync(string line)
    {
        var words = line.Split(' ');
        if (words is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"])
        {
            return ("400 Bad Request", "Bad Request");
        }

        if (target.Split('?')[0] != runtime.Options.HttpProbePath)
        {
            return ("404 Not Found", "Not Found");
        }

        return method is not ("GET" or "HEAD") ? ("405 Method Not Allowed", "Method Not Allowed")
            : await _health.StatusOfAsync(string.Empty).ConfigureAwait(false) == ServingStatus.Serving ? ("200 OK", "Healthy")
            : ("503 Service Unavailable", "Unhealthy");
    }
}
