using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>Echoes, with methods that tests replace.</summary>
internal abstract class EchoBase : ITestService
{
    public virtual async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            yield return new Response { Message = request.Message };
        }
    }

    public virtual async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => new() { Message = $"{await requests.CountAsync(cancellationToken)}" };

    public virtual IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<Response>();

    public virtual Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response { Message = req.Message });

    public virtual Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => EchoUnaryAsync(req, cancellationToken);
}
