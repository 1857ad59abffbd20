using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Reactive.Disposables;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Hosting;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>Kestrel's memory in large blocks: how many there are, when they go, and that connections receive into them.</summary>
public sealed class LargeBlockPoolTests
{
    private const int Block = LargeBlockPool.BlockSize;
    private const int SmallBlock = 4096;

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Rent_BeyondTheLimitOfAllPools_GivesSmallBlocksUntilALargeOneIsBack()
    {
        using var factory = Factory(blocks: 2);
        using var first = factory.Create();
        using var second = factory.Create();
        var large = first.Rent(SmallBlock);
        using var other = second.Rent(SmallBlock);
        using var small = first.Rent(SmallBlock);
        using var smallToo = second.Rent(SmallBlock);

        Assert.Equal([Block, Block, SmallBlock, SmallBlock], [large.Memory.Length, other.Memory.Length, small.Memory.Length, smallToo.Memory.Length]);
        Assert.Equal(2, factory.Blocks);

        var memory = large.Memory;
        large.Dispose();
        using var again = first.Rent();
        Assert.Equal(memory, again.Memory);
        Assert.Equal(2, factory.Blocks);
    }

    [Fact]
    public void Rent_WithoutMemoryForLargeBlocks_GivesKestrelsOwn()
    {
        using var factory = Factory(blocks: 0);
        using var pool = factory.Create();
        using var block = pool.Rent();

        Assert.Equal(SmallBlock, block.Memory.Length);
        Assert.Equal(0, factory.Blocks);
    }

    [Fact]
    public void Rent_MoreThanKestrelsPoolHas_FailsAsThatDoes()
    {
        using var factory = Factory(blocks: 1);
        using var pool = factory.Create();

        Assert.Equal(SmallBlock, pool.MaxBufferSize);
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(SmallBlock + 1));
    }

    [Fact]
    public void Return_Twice_IsRefused()
    {
        using var factory = Factory(blocks: 2);
        using var pool = factory.Create();
        var block = pool.Rent();
        block.Dispose();

        Assert.Throws<ObjectDisposedException>(block.Dispose);
        using var one = pool.Rent();
        using var two = pool.Rent();
        Assert.NotEqual(one.Memory, two.Memory);
    }

    [Fact]
    public void Blocks_ThatWereNotNeededForAnInterval_AreGivenUp()
    {
        using var factory = Factory(blocks: 8);
        using var pool = factory.Create();
        RentAndReturn(pool, count: 5);
        var kept = pool.Rent();

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(5, factory.Blocks);

        // Two of the four that are free are needed in this interval.
        RentAndReturn(pool, count: 2);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(3, factory.Blocks);

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, factory.Blocks);
        kept.Dispose();
    }

    [Fact]
    public void Dispose_OfAPool_GivesItsBlocksUpToTheOthers()
    {
        using var factory = Factory(blocks: 2);
        var pool = factory.Create();
        var late = pool.Rent();
        pool.Rent().Dispose();
        pool.Dispose();
        Assert.Equal(1, factory.Blocks);

        late.Dispose();
        Assert.Equal(0, factory.Blocks);
    }

    [Fact]
    public async Task Server_ReceivesIntoLargeBlocks()
        => Assert.Equal(50_000, await FirstSegmentAsync(server => { }));

    [Fact]
    public async Task Server_WithoutMemoryForThem_ReceivesIntoKestrelsBlocks()
        => Assert.Equal(SmallBlock, await FirstSegmentAsync(server => server.Configure(options => options.Limits.MaxLargeBlockMemory = 0)));

    [Fact]
    public void AddThriftStreams_Twice_PutsOnePoolBeforeKestrels()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams();
        var count = builder.Services.Count(service => service.ServiceType == typeof(IMemoryPoolFactory<byte>));
        builder.Services.AddThriftStreams();

        Assert.Equal(count, builder.Services.Count(service => service.ServiceType == typeof(IMemoryPoolFactory<byte>)));
        using var provider = builder.Services.BuildServiceProvider();
        Assert.IsType<LargeBlockPoolFactory>(provider.GetRequiredService<IMemoryPoolFactory<byte>>());
    }

    [Fact]
    public void AddThriftStreams_FactoryOfTheApplications_GivesTheSmallBlocks()
    {
        var builder = WebApplication.CreateSlimBuilder();
        var own = new SmallPools();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(own);
        builder.Services.AddThriftStreams();

        using var provider = builder.Services.BuildServiceProvider();
        using var pool = provider.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
        Assert.Equal(1, own.Created);
    }

    /// <summary>Each of them makes its connection hold a block with two bytes.</summary>
    [Fact]
    public async Task Peers_ThatHoldEveryLargeBlock_LeaveOthersKestrelsOwn()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddThriftStreams(options => options.Limits.MaxLargeBlockMemory = 2 * Block);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams()));
        await using var host = builder.Build();
        host.MapThriftService<ITestService>(new EchoService());
        await host.StartAsync(TestContext.Current.CancellationToken);
        var endpoint = new Uri(host.Urls.Single()).Authority;
        var pools = Assert.IsType<LargeBlockPoolFactory>(host.Services.GetRequiredService<IMemoryPoolFactory<byte>>());

        using var peers = new CompositeDisposable();
        for (var i = 0; i < 8; i++)
        {
            var peer = new TcpClient();
            peers.Add(peer);
            await peer.ConnectAsync(IPEndPoint.Parse(endpoint), TestContext.Current.CancellationToken);
            await peer.GetStream().WriteAsync(new byte[2], TestContext.Current.CancellationToken);
        }

        await Waits.Until(() => pools.Blocks == 2);
        await using var channel = PatientChannel.ForAddress($"ttheader://{endpoint}");
        var answer = await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "still here" }).Soon();

        Assert.Equal("still here", answer.Message);
        Assert.Equal(2, pools.Blocks);
    }

    /// <summary>The length of the first segment that a connection of the server reads, after 50 000 bytes have arrived.</summary>
    private static async Task<long> FirstSegmentAsync(Action<ThriftServerBuilder> configure)
    {
        var read = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup =>
        {
            setup.AddService<ITestService>(new EchoService());
            configure(setup);
            setup.Listen("127.0.0.1:0", ThriftProtocols.Framed, listen => listen.Use(_ => async connection =>
            {
                var input = connection.Transport.Input;
                ReadResult result;
                do
                {
                    result = await input.ReadAsync();
                    input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                }
                while (result.Buffer.Length < 50_000);
                read.TrySetResult(result.Buffer.First.Length);
            }));
        }, TestContext.Current.CancellationToken);
        using var peer = new TcpClient();
        await peer.ConnectAsync(IPEndPoint.Parse(server.Addresses[1]), TestContext.Current.CancellationToken);
        await peer.GetStream().WriteAsync(new byte[50_000], TestContext.Current.CancellationToken);
        return await read.Task.Soon();
    }

    private static void RentAndReturn(MemoryPool<byte> pool, int count)
    {
        var rented = Enumerable.Range(0, count).Select(_ => pool.Rent()).ToList();
        rented.ForEach(block => block.Dispose());
    }

    private LargeBlockPoolFactory Factory(int blocks)
    {
        var options = new ThriftServerOptions { TimeProvider = _clock };
        options.Limits.MaxLargeBlockMemory = blocks * Block;
        return new(new SmallPools(), options);
    }

    /// <summary>What Kestrel's pools do.</summary>
    private sealed class SmallPools : IMemoryPoolFactory<byte>
    {
        internal int Created { get; private set; }

        public MemoryPool<byte> Create(MemoryPoolOptions? options = null)
        {
            Created++;
            return new SmallPool();
        }
    }

    private sealed class SmallPool : MemoryPool<byte>
    {
        public override int MaxBufferSize => SmallBlock;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, SmallBlock);
            return new SmallBlockOwner();
        }

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class SmallBlockOwner : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = new byte[SmallBlock];

        public void Dispose()
        {
        }
    }
}
