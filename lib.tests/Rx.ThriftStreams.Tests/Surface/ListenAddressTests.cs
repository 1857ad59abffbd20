using System.Net;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Hosting;

namespace Rx.ThriftStreams.Tests.Surface;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:8888", "127.0.0.1", 8888)]
    [InlineData("localhost:0", "127.0.0.1", 0)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("0.0.0.0:80", "0.0.0.0", 80)]
    public void Parse_AddressAndPort_Reads(string text, string address, int port)
        => Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), ListenAddress.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("8888")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:80")]
    [InlineData("[::1:80")]
    [InlineData("example.com:80")]
    public async Task StartAsync_NoAddress_SaysWhatIsExpected(string text)
    {
        var error = await Assert.ThrowsAsync<FormatException>(() => ThriftServer.StartAsync(text, static _ => { }, TestContext.Current.CancellationToken));

        Assert.Contains($"\"{text}\"", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*:0")]
    [InlineData(":0")]
    public async Task StartAsync_EveryAddress_IsReachedByName(string text)
    {
        await using var server = await ThriftServer.StartAsync(
            text, static services => services.AddService<ITestService>(new EchoService()), TestContext.Current.CancellationToken);
        await using var channel = PatientChannel.ForAddress($"grpc://localhost:{server.Endpoint.Port}");

        Assert.Equal("hi", (await new TestServiceClient(channel).EchoPingPongAsync(new() { Message = "hi" }, TestContext.Current.CancellationToken)).Message);
    }
}
