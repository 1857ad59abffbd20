using Demo.Echo;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;
using Twin;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Proxy;

/// <summary>What a proxy holds and allocates for its callers.</summary>
[Collection(nameof(Surface.CallAllocationTests))]
public sealed class ProxyBoundsTests
{
    private const int Messages = 500;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Of all three processes, since they share one heap. The bounds stand a quarter above what was measured of the debug build: twice what a stream without a proxy costs, and what two messages as bytes do.
    /// </summary>
    [Theory]
    [InlineData("grpc", "grpc", 5_300)]
    [InlineData("grpc", "ttheader", 4_350)]
    [InlineData("ttheader", "grpc", 4_350)]
    [InlineData("ttheader", "ttheader", 3_450)]
    public async Task Stream_ManyMessages_AllocateNoMoreThanBefore(string front, string back, double most)
    {
        await using var chain = await ProxyChain.StartAsync(front, back, new ScriptedService { Echo = static (requests, _) => requests.Select(static r => Answer(r.Message!)) });
        await using var stream = await chain.Client.OpenEchoAsync(cancellationToken: Token);
        await using var responses = stream.GetAsyncEnumerator(Token);

        var least = await Allocations.LeastAsync(Messages, async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await stream.SendAsync(Ask("0123456789abcdef"), Token);
                Assert.True(await responses.MoveNextAsync().Soon());
            }
        });

        Assert.InRange(least, 1, most);
    }

    [Fact]
    public void GrpcMethods_WhoseNamesCallersChoose_ShareAPlaceholder()
    {
        var methods = new GrpcMethods();
        var unknown = new ThriftMethod<Empty, Empty>("a", "B", "C", ThriftStreamingMode.Bidirectional) { IsUnknown = true };
        var other = new ThriftMethod<Empty, Empty>("a", "B", "D", ThriftStreamingMode.Bidirectional) { IsUnknown = true };

        Assert.Same(methods.Get(unknown, out var first), methods.Get(other, out var second));
        Assert.True(first && second);
    }

    [Fact]
    public void GrpcMethods_BeyondTheirNumber_ShareAPlaceholder()
    {
        var methods = new GrpcMethods();
        var known = Enumerable.Range(0, GrpcMethods.Most).Select(static i => new ThriftMethod<Empty, Empty>("a", "B", $"M{i}", ThriftStreamingMode.PingPong)).ToList();
        Assert.All(known, method =>
        {
            methods.Get(method, out var isPlaceholder);
            Assert.False(isPlaceholder);
        });

        methods.Get(new ThriftMethod<Empty, Empty>("a", "B", "Other", ThriftStreamingMode.PingPong), out var isShared);

        Assert.True(isShared);
        Assert.Same(methods.Get(known[0], out _), methods.Get(known[0], out var isKnownShared));
        Assert.False(isKnownShared);
    }

    [Fact]
    public async Task Grpc_MethodsBeyondTheirNumber_AreCalledByTheirNames()
    {
        await using var server = await AspNetCore.ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<ITestService>(new EchoService()), Token);
        await using var channel = PatientChannel.ForAddress($"grpc://{server.Endpoint}");
        var invoker = new ThriftInvoker(channel);
        byte[] arguments = [.. Convert.FromHexString("0c00010b00010000000178"), 0, 0];
        for (var i = 0; i <= GrpcMethods.Most; i++)
        {
            var method = new ThriftMethod<ThriftRawMessage, ThriftRawMessage>("echo", "TestService", "EchoPingPong", ThriftStreamingMode.PingPong);
            var result = await invoker.CallAsync(method, new ThriftRawMessage(arguments), cancellationToken: Token);
            Assert.Equal(0, result.Bytes.Span[2]);
        }
    }

    [Fact]
    public void BoundedTable_KeepsTheFirstKeys()
    {
        var table = new BoundedTable<int, string>(2, EqualityComparer<int>.Default);

        var values = new[] { 1, 2, 3, 1, 3 }.Select(key => table.GetOrAdd(key, static (key, _) => $"kept {key}", static (key, _) => $"other {key}", 0)).ToList();

        Assert.Equal(["kept 1", "kept 2", "other 3", "kept 1", "other 3"], values);
        Assert.Same(values[0], values[3]);
    }
}
