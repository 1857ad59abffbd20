using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Echoes, plainly.</summary>
internal sealed class EchoService : ITestService
{
    public async IAsyncEnumerable<Response> EchoAsync(
        IAsyncEnumerable<Request> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            yield return new Response { Message = request.Message };
        }
    }

    public async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
    {
        var all = await requests.Select(request => request.Message).ToListAsync(cancellationToken);
        return new Response { Message = string.Join(',', all) };
    }

    public async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < 3; i++)
        {
            yield return new Response { Message = $"{req.Message}-{i}" };
        }

        await Task.CompletedTask;
    }

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = req.Message });

    public Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = req.Message });
}
