using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Server;

/// <summary>TestService: the text of a message is a program.</summary>
public sealed class TestServiceProgram(Action<string> log) : ITestService
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var context = ThriftServerContext.Current!;
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            if (PlainAnswer(request) is { } plain)
            {
                yield return plain;
                continue;
            }

            var run = new CommandRun(context, request.Message!, canStream: true, log, cancellationToken);
            await foreach (var message in CommandTable.RunAsync(run))
            {
                yield return new Response { Message = message };
            }

            if (run.HasReturned)
            {
                yield break;
            }

            if (run.HasReply)
            {
                yield return new Response { Message = run.Reply };
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (PlainAnswer(req) is { } plain)
        {
            yield return plain;
            yield break;
        }

        var run = new CommandRun(ThriftServerContext.Current!, req.Message!, canStream: true, log, cancellationToken);
        await foreach (var message in CommandTable.RunAsync(run))
        {
            yield return new Response { Message = message };
        }

        if (run is { HasReturned: false, HasReply: true })
        {
            yield return new Response { Message = run.Reply };
        }
    }

    /// <inheritdoc/>
    public async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
    {
        var context = ThriftServerContext.Current!;
        long count = 0;
        long bytes = 0;
        var replies = new List<string>();
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            count++;
            bytes += request.Message is null ? 0 : Encoding.UTF8.GetByteCount(request.Message);
            if (request.Message is { } text && !text.StartsWith('x'))
            {
                var (answered, reply) = await AnswerAsync(context, request, cancellationToken);
                if (!answered)
                {
                    return null!;
                }

                replies.Add(reply ?? string.Empty);
            }
        }

        var tail = replies.Count == 0 ? string.Empty : $":{string.Join(',', replies)}";
        return new Response { Message = string.Create(CultureInfo.InvariantCulture, $"received:{count}:{bytes}{tail}") };
    }

    /// <inheritdoc/>
    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => AnswerOneAsync(req, cancellationToken);

    /// <inheritdoc/>
    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => AnswerOneAsync(req, cancellationToken);

    /// <summary>The answer to a message that is not a program; <see langword="null"/> for a program.</summary>
    private static Response? PlainAnswer(Request request)
        => request.Message is { } text && CommandTable.IsProgram(text) ? null : new Response { Message = request.Message };

    private Task<Response> AnswerOneAsync(Request request, CancellationToken cancellationToken)
    {
        // Most calls are plain: they cost no state machine.
        return PlainAnswer(request) is { } plain ? Task.FromResult(plain) : RunAsync();

        async Task<Response> RunAsync()
        {
            var (answered, reply) = await AnswerAsync(ThriftServerContext.Current!, request, cancellationToken);
            return answered ? new Response { Message = reply } : null!;
        }
    }

    private async ValueTask<(bool Answered, string? Reply)> AnswerAsync(ThriftServerContext context, Request request, CancellationToken cancellationToken)
    {
        if (PlainAnswer(request) is { } plain)
        {
            return (true, plain.Message);
        }

        var run = new CommandRun(context, request.Message!, canStream: false, log, cancellationToken);
        await foreach (var _ in CommandTable.RunAsync(run))
        {
            // Methods with one reply send no messages on the way.
        }

        return (!run.HasReturned, run.Reply);
    }
}
