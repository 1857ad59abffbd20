using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples of the page about services whose IDL is known only at run time.</summary>
public sealed class DynamicSamples
{
    private const string ShopIdl =
        """
        namespace go shop
        struct Item { 1: string name, 2: optional i64 count }
        exception Refused { 1: i32 code, 2: string reason }
        service Shop {
            Item Get (1: string name) throws (1: Refused refused),
            Item Both (1: Item item) (streaming.mode = "bidirectional"),
        }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_OfAServerThatDescribesItself()
    {
        await using var server = await StartAsync();
        var address = $"grpc://{server.Endpoint}";
        var cancellationToken = Token;
        var seen = new List<string>();

        // <sample dynamic-client>
        await using var channel = ThriftChannel.ForAddress(address);
        var schema = await ThriftSchema.LoadAsync(channel, cancellationToken: cancellationToken);
        var client = new ThriftDynamicClient(channel, schema.GetService("Shop"));

        string item = await client.CallJsonAsync("Get", "\"pen\"", cancellationToken: cancellationToken);
        await foreach (string json in client.DuplexStreamingJsonAsync("Both", new[] { """{"name":"a"}""" }.ToAsyncEnumerable()))
        {
            seen.Add(json);
        }

        // </sample dynamic-client>
        Assert.Equal("""{"name":"pen","count":1}""", item);
        Assert.Equal(["""{"name":"a"}"""], seen);
    }

    [Fact]
    public void Views_OfAMessage()
    {
        var schema = ThriftSchema.FromText(ShopIdl);

        // <sample dynamic-views>
        var message = ThriftDynamicMessage.FromJson(schema.GetStruct("Item"), """{"name":"pen","count":"12"}""");
        string json = message.ToJson();
        var fields = (Dictionary<string, object?>)message.ToObject()!;
        ReadOnlyMemory<byte> bytes = message.Bytes;

        // </sample dynamic-views>
        Assert.Equal("""{"name":"pen","count":12}""", json);
        Assert.Equal(12L, fields["count"]);
        Assert.Equal(0x0b, bytes.Span[0]);
    }

    [Fact]
    public async Task Client_ThatIsStrict()
    {
        await using var channel = ThriftChannel.ForAddress("grpc://127.0.0.1:1");
        var schema = ThriftSchema.FromText("struct Login { 1: required string user } service Logins { void Enter (1: Login login) }");

        // <sample dynamic-strict-json>
        var strict = new ThriftDynamicJsonOptions { RespectRequiredFields = true, RefuseUnknownMembers = true };
        var client = new ThriftDynamicClient(channel, schema.GetService(), json: strict);

        // </sample dynamic-strict-json>
        var error = await Assert.ThrowsAsync<ThriftJsonException>(() => client.CallJsonAsync("Enter", """{"usr":"ann"}""", cancellationToken: Token));
        Assert.Equal("Login has no field \"usr\". Did you mean \"user\"? (at $.usr).", error.Message);
    }

    [Fact]
    public async Task Bytes_WithoutASchema()
    {
        await using var server = await StartAsync();
        await using var channel = ThriftChannel.ForAddress($"grpc://{server.Endpoint}");
        var cancellationToken = Token;

        // <sample dynamic-bytes>
        var method = new ThriftMethod<ThriftDynamicMessage, ThriftDynamicMessage>("shop", "Shop", "Get", ThriftStreamingMode.PingPong);
        var arguments = new ThriftDynamicMessage(Convert.FromHexString("0b00010000000370656e00"));
        ThriftDynamicMessage result = await new ThriftInvoker(channel).CallAsync(method, arguments, cancellationToken: cancellationToken);

        // </sample dynamic-bytes>
        Assert.Equal(0x0c, result.Bytes.Span[0]);
    }

    private static async Task<ThriftServer> StartAsync()
    {
        // <sample dynamic-server>
        var service = ThriftSchema.FromText(ShopIdl).GetService("Shop");
        var server = await ThriftServer.StartAsync("127.0.0.1:0", server => server
            .AddService(service.Descriptor, new ShopHandler())
            .AddDescribe());

        // </sample dynamic-server>
        return server;
    }

    // <sample dynamic-handler>
    internal sealed class ShopHandler : ThriftDynamicHandler
    {
        public override Task<ThriftDynamicMessage?> CallAsync(ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
            => Task.FromResult<ThriftDynamicMessage?>(ThriftDynamicMessage.FromJson(method.Response, $$"""{"name":{{arguments.ToJson()}},"count":1}"""));

        public override IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(
            ThriftMethodSchema method,
            IAsyncEnumerable<ThriftDynamicMessage> requests,
            CancellationToken cancellationToken)
            => requests;
    }

    // </sample dynamic-handler>
}
