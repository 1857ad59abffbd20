using System.Globalization;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>The ping-pong half of KitchenSink; texts are commands.</summary>
internal sealed class SinkService : IKitchenSink
{
    private readonly TaskCompletionSource<string> _fired = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<string> Fired => _fired.Task;

    public IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default) => requests;

    public IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, CancellationToken cancellationToken = default)
        => AsyncEnumerable.Repeat(req, 3);

    public async Task<AllTypes> ClientStreamAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default)
        => await requests.LastAsync(cancellationToken);

    public Task<AllTypes> UnaryAsync(AllTypes req, CancellationToken cancellationToken = default) => Task.FromResult(req);

    public Task<AllTypes> PingPongAsync(AllTypes first, string second, CancellationToken cancellationToken = default)
    {
        ThrowIfAsked(second);
        return Task.FromResult(first);
    }

    public Task<AllTypes> PingPongDefaultAsync(AllTypes req, CancellationToken cancellationToken = default) => Task.FromResult(req);

    public Task FireAsync(string what, CancellationToken cancellationToken = default)
    {
        _fired.TrySetResult(what);
        return Task.CompletedTask;
    }

    public Task DoVoidAsync(string what, CancellationToken cancellationToken = default)
    {
        ThrowIfAsked(what);
        return Task.CompletedTask;
    }

    public Task<string> EchoStringAsync(string what, CancellationToken cancellationToken = default)
    {
        var context = ThriftServerContext.Current!;
        switch (what)
        {
            case "header:authorization":
                what = context.RequestHeaders["authorization"]!;
                break;
            case "status":
                throw new ThriftStatusException(ThriftStatusCode.FailedPrecondition, "nope");
            case "fault":
                throw new InvalidOperationException("boom");
            case "biz":
                throw new ThriftBizStatusException(404, "not here", new Dictionary<string, string> { ["k"] = "v" });
            case "backward":
                context.MetaInfo.Backward["lab-backward"] = "value";
                break;
            case "longbackward":
                context.MetaInfo.Backward["lab-backward"] = new string('b', 5_000);
                break;
            case "context":
                what = $"{context.Transport},{context.CallerService},{context.MetaInfo.Transient["Key"]},{context.MetaInfo.Persistent["OTHER"]},{context.Deadline is not null}";
                break;
        }

        return Task.FromResult(what);
    }

    public Task<int> AddAsync(int a, int b, CancellationToken cancellationToken = default) => Task.FromResult(a + b);

    public Task<List<long>> RangeAsync(long from, long to, CancellationToken cancellationToken = default)
        => Task.FromResult(Enumerable.Range((int)from, (int)(to - from)).Select(i => (long)i).ToList());

    private static void ThrowIfAsked(string text)
    {
        var parts = text.Split(':');
        switch (parts[0])
        {
            case "throw":
                throw new SinkException { Code = int.Parse(parts[1], CultureInfo.InvariantCulture), Reason = parts[2] };
            case "throwother":
                throw new OtherException { Why = parts[1] };
        }
    }
}
