using System.Globalization;
using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Does what the texts of its requests say, such as <c>count:2;error:5:gone</c>; other texts are echoed.</summary>
internal sealed class ProgramService : ITestService
{
    private readonly TaskCompletionSource<Exception?> _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a handler that watches for cancellation has seen it.</summary>
    public Task<Exception?> Cancelled => _cancelled.Task;

    /// <summary>Completes when a handler watches.</summary>
    public TaskCompletionSource Watching { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes handlers that wait for it.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The context of the last call.</summary>
    public ThriftServerContext? Context { get; private set; }

    /// <summary>Called within each handler of a bidirectional call, before anything else.</summary>
    public Func<CancellationToken, Task>? OnCall { get; set; }

    public async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Context = ThriftServerContext.Current;
        if (OnCall is not null)
        {
            await OnCall(cancellationToken);
        }

        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            await foreach (var reply in RunAsync(request.Message, cancellationToken))
            {
                if (reply is "\0return")
                {
                    yield break;
                }

                yield return new Response { Message = reply };
            }
        }
    }

    public async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
    {
        Context = ThriftServerContext.Current;
        var count = 0;
        var bytes = 0;
        var replies = new List<string?>();
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            count++;
            bytes += request.Message?.Length ?? 0;
            var answers = await RunAsync(request.Message, cancellationToken).ToListAsync(cancellationToken);
            if (request.Message?.StartsWith('x') != true)
            {
                replies.AddRange(answers);
            }
        }

        return new Response { Message = $"received:{count}:{bytes}{(replies.Count > 0 ? ":" : "")}{string.Join(',', replies)}" };
    }

    public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Context = ThriftServerContext.Current;
        await foreach (var reply in RunAsync(req.Message, cancellationToken))
        {
            yield return new Response { Message = reply };
        }
    }

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response { Message = req.Message });

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => EchoUnaryAsync(req, cancellationToken);

    private async IAsyncEnumerable<string?> RunAsync(string? program, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var command in (program ?? "echo").Split(';'))
        {
            var parts = command.Split(':', 4);
            var rest = command[(command.IndexOf(':', StringComparison.Ordinal) + 1)..];
            switch (parts[0])
            {
                case "count":
                    var size = parts.Length > 2 ? int.Parse(parts[2], CultureInfo.InvariantCulture) : 0;
                    for (var i = 0; i < int.Parse(parts[1], CultureInfo.InvariantCulture); i++)
                    {
                        yield return size > 0 ? new string('x', size) : $"message-{i}";
                    }

                    break;

                case "error" or "errdetail":
                    throw new ThriftStatusException((ThriftStatusCode)int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2]);

                case "biz" or "bizgrpc":
                    var extra = parts.Length > 3 ? parts[3].Split(',').ToDictionary(p => p.Split('=')[0], p => p.Split('=')[1]) : null;
                    throw new ThriftBizStatusException(int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2], extra);

                case "appex":
                    throw new IOException(parts[2]);

                case "plainerr":
                    throw new IOException(rest);

                case "panic":
                    throw new InvalidOperationException($"panic requested by the client: {rest}");

                case "return":
                    yield return "\0return";
                    break;

                case "header":
                    Context!.ResponseHeaders.Add("x-lab-header", "header-value");
                    Context.ResponseHeaders.Add("x-lab-transport", "ttheader");
                    Context.ResponseTrailers.Add("x-lab-trailer", "trailer-value");
                    yield return "meta";
                    break;

                case "trailer":
                    foreach (var pair in rest.Split(','))
                    {
                        Context!.ResponseTrailers.Set(pair.Split('=')[0], pair.Split('=')[1]);
                    }

                    break;

                case "bigheader":
                    Context!.ResponseHeaders.Add("x-big", new string('h', int.Parse(rest, CultureInfo.InvariantCulture)));
                    yield return "big";
                    break;

                case "gate":
                    await Gate.Task;
                    yield return "open";
                    break;

                case "cancelwatch" or "sleepctx":
                    Watching.TrySetResult();
                    await WatchAsync(cancellationToken);
                    break;

                default:
                    yield return program;
                    break;
            }
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        // Another call may have put its own context in place by the end.
        var context = ThriftServerContext.Current;
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            _cancelled.TrySetResult(context?.CancellationReason);
        }
    }
}
