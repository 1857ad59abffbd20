using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Grpc;

public sealed class GrpcModesTests : IAsyncLifetime
{
    private ThriftServer _server = null!;
    private ThriftChannel _channel = null!;
    private TestServiceClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService, EchoService>());
        _channel = PatientChannel.ForAddress($"grpc://{_server.Endpoint}");
        _client = new TestServiceClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task EchoAsync_ThreeRequests_EchoesEachInOrder()
    {
        var requests = AsyncEnumerable.Range(0, 3).Select(i => new Request { Message = $"m{i}" });

        var answers = await _client.EchoAsync(requests).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["m0", "m1", "m2"], answers);
    }

    [Fact]
    public async Task EchoAsync_NoRequests_EndsWithoutResponses()
    {
        var answers = await _client.EchoAsync(AsyncEnumerable.Empty<Request>()).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Empty(answers);
    }

    [Fact]
    public async Task EchoServerAsync_OneRequest_StreamsThree()
    {
        var answers = await _client.EchoServerAsync(new() { Message = "x" }).Select(r => r.Message).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["x-0", "x-1", "x-2"], answers);
    }

    [Fact]
    public async Task EchoClientAsync_ManyRequests_AnswersOnce()
    {
        var requests = AsyncEnumerable.Range(0, 1000).Select(i => new Request { Message = "m" });

        var answer = await _client.EchoClientAsync(requests, TestContext.Current.CancellationToken);

        Assert.Equal(1999, answer.Message!.Length);
    }

    [Fact]
    public async Task EchoUnaryAsync_Request_Answers()
        => Assert.Equal("u", (await _client.EchoUnaryAsync(new() { Message = "u" }, TestContext.Current.CancellationToken)).Message);

    [Fact]
    public async Task EchoPingPongAsync_Request_Answers()
        => Assert.Equal("p", (await _client.EchoPingPongAsync(new() { Message = "p" }, TestContext.Current.CancellationToken)).Message);
}
