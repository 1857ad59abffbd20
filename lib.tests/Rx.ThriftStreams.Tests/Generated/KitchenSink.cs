using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Generated;

/// <summary>An implementation of the generated contract; also its own fake.</summary>
internal sealed class KitchenSink : IKitchenSink
{
    public async IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            yield return request;
        }
    }

    public async IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < req.ReqI32; i++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new AllTypes { ReqString = req.ReqString, ReqI32 = i };
        }
    }

    public async Task<AllTypes> ClientStreamAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default)
        => new() { ReqString = "count", ReqI32 = await requests.CountAsync(cancellationToken) };

    public Task<AllTypes> UnaryAsync(AllTypes req, CancellationToken cancellationToken = default) => Task.FromResult(req);

    public Task<AllTypes> PingPongAsync(AllTypes first, string second, CancellationToken cancellationToken = default) => second switch
    {
        "sink" => throw new SinkException { Code = 7, Reason = "asked", Detail = new Inner { Name = "detail" } },
        "other" => throw new OtherException { Why = "because" },
        _ => Task.FromResult(first),
    };

    public Task<AllTypes> PingPongDefaultAsync(AllTypes req, CancellationToken cancellationToken = default) => Task.FromResult(req);

    public Task FireAsync(string what, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task DoVoidAsync(string what, CancellationToken cancellationToken = default)
        => what.Length == 0 ? throw new SinkException { Code = 1, Reason = "empty" } : Task.CompletedTask;

    public Task<string> EchoStringAsync(string what, CancellationToken cancellationToken = default) => Task.FromResult(what);

    public Task<int> AddAsync(int a, int b, CancellationToken cancellationToken = default) => Task.FromResult(a + b);

    public Task<List<long>> RangeAsync(long from, long to, CancellationToken cancellationToken = default)
        => Task.FromResult(Enumerable.Range((int)from, (int)(to - from)).Select(static i => (long)i).ToList());
}
