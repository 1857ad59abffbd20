using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>The methods of KitchenSink that tests of errors need; the others fail.</summary>
internal sealed class ScriptedSink : IKitchenSink
{
    public Func<string, CancellationToken, Task>? Fire { get; init; }

    public Func<string, Task>? DoVoid { get; init; }

    public Task FireAsync(string what, CancellationToken cancellationToken = default) => Fire!(what, cancellationToken);

    public Task DoVoidAsync(string what, CancellationToken cancellationToken = default) => DoVoid!(what);

    public IAsyncEnumerable<AllTypes> BidiEchoAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default) => requests;

    public IAsyncEnumerable<AllTypes> ServerStreamAsync(AllTypes req, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<AllTypes> ClientStreamAsync(IAsyncEnumerable<AllTypes> requests, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<AllTypes> UnaryAsync(AllTypes req, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<AllTypes> PingPongAsync(AllTypes first, string second, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<AllTypes> PingPongDefaultAsync(AllTypes req, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<string> EchoStringAsync(string what, CancellationToken cancellationToken = default) => Task.FromResult(what);

    public Task<int> AddAsync(int a, int b, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<List<long>> RangeAsync(long from, long to, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
