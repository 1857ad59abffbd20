using System.Runtime.CompilerServices;
using Demo.Echo;

namespace Rx.ThriftStreams.Playground;

/// <summary>The service of the notebooks: it answers a question word by word. A notebook that needs another behaviour overrides a method.</summary>
public class WordsService : ITestService
{
    private static readonly string[] Answer = "Messages of a Thrift service come one by one, each when it is ready, and can be awaited, queried or observed.".Split(' ');

    /// <summary>The pause before each word. Default 20 ms.</summary>
    protected virtual TimeSpan Pause => TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public virtual async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var word in Answer)
        {
            await Task.Delay(Pause, cancellationToken);
            yield return new Response { Message = $"{word} " };
        }
    }

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => requests.Select(static request => new Response { Message = request.Message });

    /// <inheritdoc/>
    public virtual async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => new() { Message = $"{await requests.CountAsync(cancellationToken)} messages" };

    /// <inheritdoc/>
    public virtual Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response { Message = req.Message });

    /// <inheritdoc/>
    public virtual Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response { Message = req.Message });
}
