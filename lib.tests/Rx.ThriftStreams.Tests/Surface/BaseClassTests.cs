using System.Reactive.Linq;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>Implementations that derive from the generated base class and override some of its methods.</summary>
public sealed class BaseClassTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Server_MethodThatIsNotOverridden_AnswersAsForOneThatItDoesNotKnow(string scheme)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService, OneMethod>());
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);
        var unknown = await Assert.ThrowsAsync<ThriftStatusException>(() => new UnknownMethodClient(channel, "TestService", "Nothing").CallAsync(Token));

        Assert.Equal("hi", (await client.EchoUnaryAsync(Ask("hi"), Token)).Message);
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(Ask("x"), Token));

        Assert.Equal(ThriftStatusCode.Unimplemented, error.StatusCode);
        Assert.Equal((unknown.Message.Replace("Nothing", "EchoPingPong", StringComparison.Ordinal), unknown.Kitex?.Code), (error.Message, error.Kitex?.Code));
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Server_StreamThatIsNotOverridden_IsUnimplemented(string scheme)
    {
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService, OneMethod>());
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);

        await AssertUnimplementedAsync(() => client.EchoServerAsync(Ask("x"), Token).CountAsync(Token).AsTask());
        await AssertUnimplementedAsync(() => client.EchoAsync(AsyncEnumerable.Empty<Request>(), Token).CountAsync(Token).AsTask());
        await AssertUnimplementedAsync(() => client.EchoClientAsync(AsyncEnumerable.Empty<Request>(), Token));
    }

    [Fact]
    public async Task Fake_MethodThatIsNotOverridden_FailsWhereItIsAwaitedOrEnumerated()
    {
        ITestService fake = new OneMethod();

        Assert.Equal("hi", (await fake.EchoUnaryAsync(Ask("hi"), new ThriftCallOptions(), Token)).Message);
        await AssertUnimplementedAsync(() => fake.EchoPingPongAsync(Ask("x"), Token));
        await AssertUnimplementedAsync(() => fake.EchoClientAsync(AsyncEnumerable.Empty<Request>(), Token));
        var stream = fake.EchoServerAsync(Ask("x"), Token);
        await AssertUnimplementedAsync(() => stream.CountAsync(Token).AsTask());
    }

    [Fact]
    public async Task RxFake_MethodThatIsNotOverridden_FailsItsSubscription()
    {
        ITestServiceRx fake = new OneMethodRx();

        Assert.Equal("hi", (await fake.EchoUnary(Ask("hi"))).Message);
        await AssertUnimplementedAsync(async () => await fake.EchoServer(Ask("x")));
        await AssertUnimplementedAsync(() => fake.AsAsyncEnumerable().EchoPingPongAsync(Ask("x"), Token));
    }

    private static async Task AssertUnimplementedAsync(Func<Task> call)
        => Assert.Equal(ThriftStatusCode.Unimplemented, (await Assert.ThrowsAsync<ThriftStatusException>(() => call().Soon())).StatusCode);

    private sealed class OneMethod : TestServiceBase
    {
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default) => Task.FromResult(Answer(req.Message!));
    }

    private sealed class OneMethodRx : TestServiceRxBase
    {
        public override IObservable<Response> EchoUnary(Request req) => Observable.Return(Answer(req.Message!));
    }
}
