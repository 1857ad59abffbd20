using Demo.Echo;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A handler that says that it runs and waits until it is let go or cancelled.</summary>
internal sealed class GateService : ITestService
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _inside;

    internal Task Entered => _entered.Task;

    /// <summary>How many handlers wait.</summary>
    internal int Inside => Volatile.Read(ref _inside);

    internal Task Cancelled => _cancelled.Task;

    public IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => requests.Select(request => new Response { Message = request.Message });

    public Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        => Task.FromResult(new Response { Message = "never asked for" });

    public IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<Response>();

    public Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(new Response { Message = req.Message });

    public async Task<Response> EchoPingPongAsync(Request req, CancellationToken cancellationToken = default)
    {
        if (req.Message == "gate")
        {
            Interlocked.Increment(ref _inside);
            _entered.TrySetResult();
            try
            {
                await _open.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                _cancelled.TrySetResult();
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref _inside);
            }
        }

        return new Response { Message = req.Message };
    }

    internal void Open() => _open.TrySetResult();
}
