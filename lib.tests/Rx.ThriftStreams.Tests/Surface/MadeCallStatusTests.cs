using Demo.Echo;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What the caller of a handler learns when a call that the handler made ends with a status.</summary>
public sealed class MadeCallStatusTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly LogCollector _log = new();

    /// <summary>They are about the credentials of the host, or about what it calls: its caller would take them for its own, and drop a good token.</summary>
    [Theory]
    [InlineData("grpc", ThriftStatusCode.Unauthenticated)]
    [InlineData("grpc", ThriftStatusCode.PermissionDenied)]
    [InlineData("grpc", ThriftStatusCode.Unimplemented)]
    [InlineData("ttheader", ThriftStatusCode.Unauthenticated)]
    [InlineData("memory", ThriftStatusCode.PermissionDenied)]
    public async Task Status_AboutTheHost_IsAFaultOfTheHost(string scheme, ThriftStatusCode code)
    {
        var error = await CallAsync(scheme, code, static client => client.EchoUnaryAsync(new(), Token));

        Assert.Equal(ThriftStatusCode.Internal, error.StatusCode);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        var entry = Assert.Single(_log.Entries, static entry => entry.Id is 10 or 14 or 85 or 91);
        Assert.Equal((LogLevel.Warning, 85), (entry.Level, entry.Id));
        Assert.Contains($"a call that the handler makes fails with {code}.", entry.Text, StringComparison.Ordinal);
        Assert.EndsWith("secret", entry.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ThriftStatusCode.NotFound)]
    [InlineData(ThriftStatusCode.InvalidArgument)]
    [InlineData(ThriftStatusCode.ResourceExhausted)]
    public async Task Status_AboutTheRequest_IsPassedOn(ThriftStatusCode code)
    {
        var error = await CallAsync("grpc", code, static client => client.EchoUnaryAsync(new(), Token));

        Assert.Equal((code, "secret"), (error.StatusCode, error.Message));
        Assert.Equal(14, Assert.Single(_log.Entries, static entry => entry.Id is 10 or 14 or 85 or 91).Id);
    }

    [Theory]
    [InlineData(ThriftStatusCode.Internal)]
    [InlineData(ThriftStatusCode.Unavailable)]
    public async Task Status_ThatIsAFaultOfTheServerBehind_IsPassedOnAndLoggedAsItsFault(ThriftStatusCode code)
    {
        var error = await CallAsync("grpc", code, static client => client.EchoUnaryAsync(new(), Token));

        Assert.Equal((code, "secret"), (error.StatusCode, error.Message));
        Assert.Equal(85, Assert.Single(_log.Entries, static entry => entry.Id is 10 or 14 or 85 or 91).Id);
    }

    /// <summary>A handler that forwards the credentials of its caller says so by throwing the status itself.</summary>
    [Fact]
    public async Task Status_ThatTheHandlerThrowsAgain_IsItsOwn()
    {
        var error = await CallAsync("grpc", ThriftStatusCode.Unauthenticated, static async client =>
        {
            try
            {
                return await client.EchoUnaryAsync(new(), Token);
            }
            catch (ThriftStatusException refused)
            {
                throw new ThriftStatusException(refused.StatusCode, refused.Message);
            }
        });

        Assert.Equal((ThriftStatusCode.Unauthenticated, "secret"), (error.StatusCode, error.Message));
    }

    private async Task<ThriftException> CallAsync(string scheme, ThriftStatusCode code, Func<TestServiceClient, Task<Response>> call)
    {
        await using var behind = await Loopback.StartAsync(new() { EchoUnary = (_, _) => throw new ThriftStatusException(code, "secret") }, scheme: scheme == "memory" ? "grpc" : scheme);
        await using var inMemory = ThriftInMemoryServer.Create(server => server.AddService<ITestService>(new ScriptedService { EchoUnary = (_, _) => throw new ThriftStatusException(code, "secret") }));
        await using var channel = scheme == "memory" ? inMemory.CreateChannel() : behind.Channel;
        var client = new TestServiceClient(channel);
        await using var front = ThriftInMemoryServer.Create(server => server
            .AddService<ITestService>(new ScriptedService { EchoUnary = (_, _) => call(client) })
            .Logging(logging => logging.AddProvider(_log)));
        await using var frontChannel = front.CreateChannel();
        return await Assert.ThrowsAsync<ThriftStatusException>(() => new TestServiceClient(frontChannel).EchoUnaryAsync(new(), Token));
    }
}
