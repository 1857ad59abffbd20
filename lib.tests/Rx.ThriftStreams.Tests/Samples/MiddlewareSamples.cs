using System.Diagnostics;
using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/middleware.md, compiled and run.</summary>
public sealed class MiddlewareSamples
{
    private readonly List<string> _shown = [];

    [Fact]
    public async Task Client()
    {
        var service = new HoldingService();
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService>(service));
        string GetToken() => "secret";
        service.Unary = _ => new Response { Message = ThriftServerContext.Current!.RequestHeaders["authorization"] };

        // <sample middleware-client-stream>
        var options = new ThriftChannelOptions();
        options.StreamMiddleware.Add(async (context, next) =>
        {
            context.RequestHeaders.Set("authorization", $"Bearer {GetToken()}");
            return await next();
        });
        // </sample middleware-client-stream>

        // <sample middleware-messages>
        options.SendMiddleware.Add(async (context, message, next) =>
        {
            var started = Stopwatch.GetTimestamp();
            await next(message);
            Show($"{context.Method.Name} sent a {message.GetType().Name} in {Stopwatch.GetElapsedTime(started)}");
        });
        options.ReceiveMiddleware.Add(async (context, next) =>
        {
            object? message = await next();
            Show(message is null ? $"{context.Method.Name} has ended" : $"{context.Method.Name} received a {message.GetType().Name}");
            return message;
        });
        // </sample middleware-messages>

        await using var channel = server.CreateChannel(options);
        var answer = await new TestServiceClient(channel).EchoUnaryAsync(new());
        Assert.Equal("Bearer secret", answer.Message);
        Assert.Equal(3, _shown.Count);
    }

    [Fact]
    public async Task Retry()
    {
        await using var server = ThriftInMemoryServer.Create(server => server.AddService<ITestService, EchoService>());

        // <sample middleware-retry>
        ThriftClientStreamMiddleware retryOnce = async (context, next) =>
        {
            try
            {
                return await next();
            }
            catch (ThriftConnectException)
            {
                context.Options = context.Options with { Endpoint = "10.0.0.2:8888" };
                return await next();
            }
        };
        // </sample middleware-retry>

        // <sample middleware-one-stream>
        ThriftClientStreamMiddleware logChat = async (context, next) =>
        {
            ThriftCreatedStream stream = await next();
            return context.Method.Name == "Chat" ? stream.With(send: LogAsync) : stream;
        };
        // </sample middleware-one-stream>

        var options = new ThriftChannelOptions();
        options.StreamMiddleware.Add(retryOnce);
        options.StreamMiddleware.Add(logChat);
        await using var channel = server.CreateChannel(options);
        await new TestServiceClient(channel).EchoUnaryAsync(new());
        Assert.Empty(_shown);
    }

    [Fact]
    public async Task Server()
    {
        var service = new HoldingService();
        service.Unary = _ => new Response { Message = $"hello {Handler.UserOfTheCall()}" };

        // <sample middleware-server>
        await using var server = ThriftInMemoryServer.Create(server => server
            .AddService<ITestService>(service)
            .Configure(options => options.StreamMiddleware.Add(async (context, next) =>
            {
                if (!context.RequestHeaders.TryGetValue("user", out string? user))
                {
                    throw new ThriftStatusException(ThriftStatusCode.Unauthenticated, "Who are you?");
                }

                context.Items["user"] = user;
                await next();
            })));
        // </sample middleware-server>

        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel);
        Assert.Equal("hello ann", (await client.EchoUnaryAsync(new(), new ThriftCallOptions { Headers = new() { { "user", "ann" } } })).Message);
        Assert.Equal(ThriftStatusCode.Unauthenticated, (await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new()))).StatusCode);
    }

    private ValueTask LogAsync(ThriftCallContext context, object message, Func<object, ValueTask> next)
    {
        Show($"{context.Method.Name} sends {message}");
        return next(message);
    }

    private void Show(string text) => _shown.Add(text);

    private static class Handler
    {
        // <sample middleware-items>
        public static string UserOfTheCall() => (string)ThriftServerContext.Current!.Items["user"]!;
        // </sample middleware-items>
    }
}
