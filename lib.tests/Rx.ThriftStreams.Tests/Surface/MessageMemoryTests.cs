using System.Security.Cryptography;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>The limits on what a received message may become, on every transport and either side: what they refuse, and what they let pass.</summary>
public sealed class MessageMemoryTests
{
    private const int Memory = 50_000;

    // Two bytes a character.
    private static readonly string Fits = new('x', 24_000);
    private static readonly string DoesNotFit = new('x', 26_000);

    public static TheoryData<string, ThriftTransport?, bool> Transports
    {
        get
        {
            var cases = new TheoryData<string, ThriftTransport?, bool>();
            foreach (var onTheServer in new[] { true, false })
            {
                cases.Add("grpc", null, onTheServer);
                cases.Add("ttheader", null, onTheServer);
                cases.Add("memory", null, onTheServer);
                cases.Add("ttheader", ThriftTransport.TTHeader, onTheServer);
                cases.Add("ttheader", ThriftTransport.TTHeaderFramed, onTheServer);
                cases.Add("ttheader", ThriftTransport.Framed, onTheServer);
                cases.Add("ttheader", ThriftTransport.Buffered, onTheServer);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task MaxReceiveMessageMemory_OnEitherSide_EndsTheCallThatExceedsIt(string scheme, ThriftTransport? form, bool onTheServer)
    {
        await using var server = Start(scheme, out var connect, options => options.Limits.MaxReceiveMessageMemory = onTheServer ? Memory : null);
        await using var channel = connect(new ThriftChannelOptions
        {
            Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30) },
            PingPongTransport = form,
            Limits = { MaxReceiveMessageMemory = onTheServer ? null : Memory },
        });
        var client = new TestServiceClient(channel);

        Assert.Equal(Fits, await CallAsync(client, form, Fits));
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => CallAsync(client, form, DoesNotFit));

        Assert.Contains("MaxReceiveMessageMemory", error.ToString(), StringComparison.Ordinal);
        if (!onTheServer || form is not (ThriftTransport.Framed or ThriftTransport.Buffered))
        {
            // Those two have no place for the status of a server.
            Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        }

        Assert.Equal(Fits, await CallAsync(client, form, Fits));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MaxDecompressionRatio_OnEitherSide_EndsTheCallThatExceedsIt(bool onTheServer)
    {
        const int Largest = 16 * 1024 * 1024;
        await using var loop = await Loopback.StartAsync(
            new() { Echo = static (requests, _) => requests.Select(static request => new Response { Message = request.Message }) },
            server =>
            {
                server.Limits.MaxReceiveMessageSize = Largest;
                server.Limits.MaxDecompressionRatio = onTheServer ? 100 : 2000;
            },
            channel =>
            {
                channel.Limits.MaxReceiveMessageSize = Largest;
                channel.Limits.MaxDecompressionRatio = onTheServer ? 2000 : 100;
            });

        // A repeated character compresses a thousand times; hexadecimal digits about two times.
        var error = await Assert.ThrowsAnyAsync<ThriftException>(() => EchoAsync(loop.Client, new string('x', 2 * 1024 * 1024)));

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains("MaxDecompressionRatio is 100", error.Message, StringComparison.Ordinal);
        var text = Convert.ToHexString(RandomNumberGenerator.GetBytes(1024 * 1024));
        Assert.Equal(text, await EchoAsync(loop.Client, text));
        Assert.Equal(1024 * 1024, (await EchoAsync(loop.Client, new string('x', 1024 * 1024)))!.Length);

        static async Task<string?> EchoAsync(TestServiceClient client, string text)
            => (await client.EchoAsync(AsyncEnumerable.Repeat(new Request { Message = text }, 1), new ThriftCallOptions { Compressor = "gzip" })
                .FirstAsync(TestContext.Current.CancellationToken).Soon()).Message;
    }

    private static async Task<string?> CallAsync(TestServiceClient client, ThriftTransport? form, string text)
    {
        var request = new Request { Message = text };
        if (form is not null)
        {
            return (await client.EchoPingPongAsync(request, TestContext.Current.CancellationToken).Soon()).Message;
        }

        return (await client.EchoAsync(AsyncEnumerable.Repeat(request, 1)).FirstAsync(TestContext.Current.CancellationToken).Soon()).Message;
    }

    private static IAsyncDisposable Start(string scheme, out Func<ThriftChannelOptions, ThriftChannel> connect, Action<ThriftServerOptions> configure)
    {
        if (scheme == "memory")
        {
            var memory = ThriftInMemoryServer.Create(services => services.AddService<ITestService, EchoService>().Configure(configure));
            connect = memory.CreateChannel;
            return memory;
        }

        var server = ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService, EchoService>().Configure(configure)).GetAwaiter().GetResult();
        connect = options => PatientChannel.ForAddress($"{scheme}://{server.Endpoint}", options);
        return server;
    }
}
