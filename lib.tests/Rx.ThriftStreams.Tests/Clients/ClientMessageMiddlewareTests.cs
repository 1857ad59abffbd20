using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>Middleware around the messages of a client from the container, added by its class.</summary>
public sealed class ClientMessageMiddlewareTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddMessageMiddleware_ByType_IsCreatedOnceForTheChannel()
    {
        await using var servers = await NamedServers.StartAsync(1);
        var services = new ServiceCollection();
        services.AddSingleton<List<string>>();
        services.AddThriftClient<ITestService>(options => options.Address = $"grpc://{servers.Addresses[0]}")
            .AddSendMiddleware<RecordingMessages>().AddReceiveMiddleware<RecordingMessages>();
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<ITestService>().EchoUnaryAsync(new() { Message = "who" }, Token);
        await provider.GetRequiredService<ITestService>().EchoUnaryAsync(new() { Message = "who" }, Token);

        Assert.Equal(["1 Request", "1 Response", "2 Request", "2 Response"], provider.GetRequiredService<List<string>>());
    }

    private sealed class RecordingMessages(List<string> seen) : IThriftSendMiddleware, IThriftReceiveMiddleware
    {
        private int _count;

        public ValueTask InvokeAsync(ThriftCallContext context, object message, Func<object, ValueTask> next)
        {
            seen.Add($"{++_count} {message.GetType().Name}");
            return next(message);
        }

        public async ValueTask<object?> InvokeAsync(ThriftCallContext context, Func<ValueTask<object?>> next)
        {
            var message = await next();
            if (message is not null)
            {
                seen.Add($"{++_count} {message.GetType().Name}");
            }

            return message;
        }
    }
}
