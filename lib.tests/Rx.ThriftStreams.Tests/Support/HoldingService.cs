using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Echoes; parts of it can be replaced.</summary>
internal sealed class HoldingService : ITestService
{
    internal Func<Request, Response> Unary { get; set; } = request => new Response { Message = request.Message };

    internal bool Hold { get; set; }

    internal TaskCompletionSource Holding { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            if (Hold)
            {
                Holding.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            yield return new Response { Message = request.Message };
        }
    }

    public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => new EchoService().EchoClientAsync(requests, cancellationToken);

    public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        try
        {
            for (var i = 0; i < 3 || req.Message == "endless"; i++)
            {
                yield return new Response { Message = $"{req.Message}-{i}" };
            }
        }
        finally
        {
            // Callbacks of the token run on another thread, which may come too late to find them registered.
            if (cancellationToken.IsCancellationRequested)
            {
                Cancelled.TrySetResult();
            }
        }
    }

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(Unary(req));

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(Unary(req));
}
