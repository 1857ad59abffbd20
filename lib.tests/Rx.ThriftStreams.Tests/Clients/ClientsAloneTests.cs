using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Tests.ClientsAlone;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>Code that was generated for clients alone has what a client uses: names of methods for its options, fallbacks, and fakes of the server in its tests.</summary>
public sealed class ClientsAloneTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Shelf/Count", true)]
    [InlineData("BackRoom/Reserve", false)]
    [InlineData("Cuont", false)]
    public async Task Methods_OfAClientFromAContainer_AreCheckedAtStart(string method, bool exists)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddThriftClient<IShelf>(options =>
        {
            options.Address = "grpc://localhost:1";
            options.Channel.Methods[method] = new() { Timeout = TimeSpan.FromSeconds(1) };
        });
        using var host = builder.Build();

        var error = await Record.ExceptionAsync(() => host.StartAsync(Token));

        Assert.Equal(exists, error is null);
        if (!exists)
        {
            Assert.Contains($"has options for \"{method}\"", Assert.IsType<OptionsValidationException>(error).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Fallback_OfAnImplementation_AnswersInherited()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1", new() { Resilience = { Fallback = ThriftFallback.To<IBackRoom>(new EmptyRoom()) } });

        Assert.Equal(7, (await new BackRoomClient(channel).CountAsync("tea", Token).Soon()).Left);
        Assert.Equal(0, await new BackRoomClient(channel).ReserveAsync("tea", 1, Token).Soon());
    }

    [Fact]
    public async Task Fake_InMemory_IsCalled()
    {
        await using var server = ThriftInMemoryServer.Create(static server => server.AddService<IBackRoom>(new EmptyRoom()));
        await using var channel = server.CreateChannel();
        var client = new BackRoomClient(channel);

        Assert.Equal(0, await client.ReserveAsync("tea", 1, Token).Soon());
        Assert.Equal("yesterday", (await Assert.ThrowsAsync<SoldOut>(() => client.CountAsync("coffee", Token).Soon())).Since);
        Assert.Equal([3, 4], await client.WatchAsync(new() { Left = 3 }, Token).Select(static stock => stock.Left).ToListAsync(Token).AsTask().Soon());
    }

    private sealed class EmptyRoom : BackRoomBase
    {
        public override Task<Stock> CountAsync(string item, CancellationToken cancellationToken = default)
            => item == "tea" ? Task.FromResult(new Stock { Left = 7 }) : throw new SoldOut { Since = "yesterday" };

        public override IAsyncEnumerable<Stock> WatchAsync(Stock last, CancellationToken cancellationToken = default)
            => AsyncEnumerable.Range(last.Left, 2).Select(static left => new Stock { Left = left });

        public override Task<int> ReserveAsync(string item, int count, CancellationToken cancellationToken = default) => Task.FromResult(0);
    }
}
