using System.Collections.Concurrent;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Middleware;

namespace Rx.ThriftStreams.Tests.Middleware;

/// <summary>Both sides over real Kestrel.</summary>
public sealed class MiddlewareTests : IAsyncDisposable
{
    private readonly HoldingService _service = new();
    private readonly ConcurrentQueue<string> _steps = new();
    private readonly List<IAsyncDisposable> _toDispose = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var item in Enumerable.Reverse(_toDispose))
        {
            await item.DisposeAsync();
        }
    }

    [Fact]
    public async Task ClientStream_TwoMiddleware_NestInOrderAroundTheCreation()
    {
        var client = await ConnectAsync(o =>
        {
            o.StreamMiddleware.Add(Step("outer"));
            o.StreamMiddleware.Add(Step("inner"));
        });

        await client.EchoServerAsync(new() { Message = "x" }).CountAsync(Token);

        Assert.Equal(["outer+", "inner+", "inner-", "outer-"], _steps);

        ThriftClientStreamMiddleware Step(string name) => async (context, next) =>
        {
            _steps.Enqueue(name + "+");
            Assert.Equal(("EchoServer", "grpc", ""), (context.Method.Name, context.Transport, context.Peer));
            var stream = await next();
            Assert.StartsWith("127.0.0.1:", stream.Peer, StringComparison.Ordinal);
            _steps.Enqueue(name + "-");
            return stream;
        };
    }

    [Fact]
    public async Task ClientStream_Throws_TheCallWasNotCreated()
    {
        var client = await ConnectAsync(o => o.StreamMiddleware.Add((_, _) => throw new FormatException("refused")));

        await Assert.ThrowsAsync<FormatException>(() => client.EchoUnaryAsync(new(), Token));
    }

    [Fact]
    public async Task ClientStream_ChangesHeadersAndMetaInfo_TheyAreSent()
    {
        _service.Unary = _ => new Response { Message = ThriftServerContext.Current!.RequestHeaders["h"] + ThriftServerContext.Current.MetaInfo.Transient["T"] };
        var client = await ConnectAsync(o => o.StreamMiddleware.Add((context, next) =>
        {
            context.RequestHeaders.Add("h", "1");
            context.MetaInfo.Transient["T"] = "2";
            return next();
        }));

        Assert.Equal("12", (await client.EchoUnaryAsync(new(), Token)).Message);
    }

    [Fact]
    public async Task ClientStream_EndpointOfTheCallIsDead_CanTryAnother()
    {
        var server = await StartServerAsync();
        var client = ConnectTo("127.0.0.1:1", o => o.StreamMiddleware.Add(async (context, next) =>
        {
            try
            {
                return await next();
            }
            catch (ThriftConnectException)
            {
                context.Options = context.Options with { Endpoint = server.Endpoint.ToString() };
                return await next();
            }
        }));

        Assert.Equal("m", (await client.EchoUnaryAsync(new() { Message = "m" }, Token)).Message);
    }

    [Fact]
    public async Task ClientStream_ReplacesTheStream_TheFirstIsCancelledAndTheSecondUsed()
    {
        var client = await ConnectAsync(o => o.StreamMiddleware.Add(async (_, next) =>
        {
            await next();
            return await next();
        }));
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _handlerToken = token => token.Register(() => cancelled.TrySetResult());

        Assert.Equal("m", await client.EchoAsync(new[] { new Request { Message = "m" } }.ToAsyncEnumerable()).Select(r => r.Message).SingleAsync(Token));
        await cancelled.Task.Soon();
    }

    [Fact]
    public async Task ClientStream_ReturnsNothing_IsAClearError()
    {
        var client = await ConnectAsync(o => o.StreamMiddleware.Add((_, _) => new((ThriftCreatedStream)null!)));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => client.EchoUnaryAsync(new(), Token));

        Assert.Contains("Return a stream that next returned", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreatedStreamWith_DecoratesThisStreamNearerToTheNetwork()
    {
        var client = await ConnectAsync(o =>
        {
            o.SendMiddleware.Add(Sending("channel"));
            o.StreamMiddleware.Add(async (_, next) => (await next()).With(send: Sending("stream"), receive: async (_, receive) =>
            {
                if (await receive() is not Response response)
                {
                    return null;
                }

                return new Response { Message = response.Message + "!" };
            }));
        });

        var answers = await client.EchoAsync(new[] { new Request { Message = "a" } }.ToAsyncEnumerable()).Select(r => r.Message).ToListAsync(Token);

        Assert.Equal(["a!"], answers);
        Assert.Equal(["channel:a", "stream:a"], _steps);
    }

    [Fact]
    public async Task Messages_OnBothSides_PassTheMiddlewareInOrder()
    {
        var client = await ConnectAsync(
            o =>
            {
                o.SendMiddleware.Add(Sending("client1"));
                o.SendMiddleware.Add(Sending("client2"));
                o.ReceiveMiddleware.Add(Receiving("client"));
            },
            o =>
            {
                o.SendMiddleware.Add(Sending("server"));
                o.ReceiveMiddleware.Add(Receiving("server"));
            });

        await using var call = await client.OpenEchoAsync(default, Token);
        await call.SendAsync(new() { Message = "a" }, Token);
        await using var responses = call.GetAsyncEnumerator(Token);
        Assert.True(await responses.MoveNextAsync());
        await call.CompleteAsync();
        Assert.False(await responses.MoveNextAsync());

        Assert.Equal(["client1:a", "client2:a", "server<Request:a", "server:a", "client<Response:a"], _steps.Where(s => !s.EndsWith("end", StringComparison.Ordinal)));
        Assert.Equal(["client<end", "server<end"], _steps.Where(s => s.EndsWith("end", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Messages_DroppedReplacedAndSkipped_AreWhatTheOtherSideSees()
    {
        var client = await ConnectAsync(
            o => o.SendMiddleware.Add((_, message, next) => message is Request { Message: "drop" } ? default : next(message)),
            o =>
            {
                o.ReceiveMiddleware.Add(async (_, next) =>
                {
                    var message = await next();
                    return message is Request { Message: "skip" } ? await next() : message;
                });
                o.SendMiddleware.Add((_, message, next) => next(new Response { Message = ((Response)message).Message + "'" }));
            });

        var requests = ((string[])["a", "drop", "b", "skip", "c"]).Select(m => new Request { Message = m }).ToAsyncEnumerable();
        var answers = await client.EchoAsync(requests).Select(r => r.Message).ToListAsync(Token);

        Assert.Equal(["a'", "b'", "c'"], answers);
    }

    [Fact]
    public async Task Message_OfAnotherType_IsAClearError()
    {
        var client = await ConnectAsync(o => o.SendMiddleware.Add((_, _, next) => next("text")));
        await using var call = await client.OpenEchoAsync(default, Token);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await call.SendAsync(new(), Token));

        Assert.Contains("passed on a String: a Request, or", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReceiveMiddleware_Throws_FailsTheCallWithItsError()
    {
        var client = await ConnectAsync(o => o.ReceiveMiddleware.Add(async (_, next) =>
        {
            await next();
            throw new FormatException("not wanted");
        }));

        await Assert.ThrowsAsync<FormatException>(async () => await client.EchoServerAsync(new()).CountAsync(Token));
    }

    [Fact]
    public async Task BizStatus_IsAnEndToReceiveMiddlewareAndAnErrorToTheUser()
    {
        _service.Unary = _ => throw new ThriftBizStatusException(7, "seven");
        ThriftBizStatusException? seen = null;
        var client = await ConnectAsync(o => o.ReceiveMiddleware.Add(async (context, next) =>
        {
            var message = await next();
            Assert.Null(message);
            seen = ((ThriftClientContext)context).BizStatus;
            return message;
        }));

        var error = await Assert.ThrowsAsync<ThriftBizStatusException>(() => client.EchoUnaryAsync(new(), Token));

        Assert.Same(error, seen);
    }

    [Fact]
    public async Task StatusOtherThanOk_IsAnErrorToReceiveMiddleware()
    {
        _service.Unary = _ => throw new ThriftStatusException(ThriftStatusCode.NotFound, "none");
        Exception? seen = null;
        var client = await ConnectAsync(o => o.ReceiveMiddleware.Add(async (_, next) =>
        {
            seen = await Record.ExceptionAsync(async () => await next());
            throw seen!;
        }));

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));

        Assert.Same(error, seen);
    }

    [Fact]
    public async Task ServerStream_WrapsTheWholeHandlingAndSharesItems()
    {
        var client = await ConnectAsync(configureServer: o =>
        {
            o.StreamMiddleware.Add(async (context, next) =>
            {
                context.Items["user"] = "ann";
                _steps.Enqueue("+");
                await next();
                _steps.Enqueue("-" + context.Items["seen"]);
            });
            o.SendMiddleware.Add((context, message, next) =>
            {
                _steps.Enqueue($"send for {context.Items["user"]}");
                return next(message);
            });
        });
        _service.Unary = _ =>
        {
            var items = ThriftServerContext.Current!.Items;
            items["seen"] = items["user"];
            return new Response();
        };

        await client.EchoUnaryAsync(new(), Token);

        Assert.Equal(["+", "send for ann", "-ann"], _steps);
    }

    [Fact]
    public async Task ServerStream_Throws_RefusesTheCall()
    {
        var handled = false;
        _service.Unary = _ =>
        {
            handled = true;
            return new Response();
        };
        var client = await ConnectAsync(configureServer: o => o.StreamMiddleware.Add(
            (_, _) => throw new ThriftStatusException(ThriftStatusCode.PermissionDenied, "no")));

        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoUnaryAsync(new(), Token));

        Assert.Equal((ThriftStatusCode.PermissionDenied, false), (error.StatusCode, handled));
    }

    [Fact]
    public async Task ServerStream_SeesAndTranslatesTheHandlersError()
    {
        _service.Unary = _ => throw new KeyNotFoundException("nobody");
        var client = await ConnectAsync(configureServer: o => o.StreamMiddleware.Add(async (_, next) =>
        {
            try
            {
                await next();
            }
            catch (KeyNotFoundException missing)
            {
                throw new ThriftBizStatusException(404, missing.Message);
            }
        }));

        Assert.Equal(404, (await Assert.ThrowsAsync<ThriftBizStatusException>(() => client.EchoUnaryAsync(new(), Token))).Code);
    }

    [Fact]
    public async Task UnaryMessages_OnBothSides_AreSeenAsTheIdlNamesThem()
    {
        var client = await ConnectAsync(
            o =>
            {
                o.SendMiddleware.Add(Sending("client"));
                o.ReceiveMiddleware.Add(Receiving("client"));
            },
            o =>
            {
                o.SendMiddleware.Add(Sending("server"));
                o.ReceiveMiddleware.Add(Receiving("server"));
            });

        await client.EchoUnaryAsync(new() { Message = "u" }, Token);
        await client.EchoPingPongAsync(new() { Message = "p" }, Token);

        string[] OfOne(string message) => [$"client:{message}", $"server<Request:{message}", $"server:{message}", $"client<Response:{message}", "client<end"];
        Assert.Equal([.. OfOne("u"), .. OfOne("p")], _steps);
    }

    [Fact]
    public async Task UnaryMessage_Replaced_IsAClearError()
    {
        var client = await ConnectAsync(o => o.SendMiddleware.Add((_, _, next) => next(new Request())));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => client.EchoUnaryAsync(new(), Token));

        Assert.Contains("or the object that it received", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoMiddleware_OnAChannel_LeavesTheTransportsStreamAlone()
    {
        Assert.Null(ClientMiddleware.From(new ThriftChannelOptions()));
        var client = await ConnectAsync();
        Assert.Equal("m", (await client.EchoUnaryAsync(new() { Message = "m" }, Token)).Message);
    }

    private Action<CancellationToken>? _handlerToken;

    private async Task<TestServiceClient> ConnectAsync(Action<ThriftChannelOptions>? configure = null, Action<ThriftServerOptions>? configureServer = null)
        => ConnectTo((await StartServerAsync(configureServer)).Endpoint.ToString(), configure);

    private TestServiceClient ConnectTo(string endpoint, Action<ThriftChannelOptions>? configure)
    {
        var options = new ThriftChannelOptions();
        configure?.Invoke(options);
        var channel = PatientChannel.ForAddress($"grpc://{endpoint}", options);
        _toDispose.Add(channel);
        return new TestServiceClient(channel);
    }

    private async Task<ThriftServer> StartServerAsync(Action<ThriftServerOptions>? configure = null)
    {
        var server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(_service).Configure(options =>
        {
            configure?.Invoke(options);
            options.StreamMiddleware.Add((context, next) =>
            {
                _handlerToken?.Invoke(context.CancellationToken);
                return next();
            });
        }));
        _toDispose.Add(server);
        return server;
    }

    private ThriftSendMiddleware Sending(string name) => (_, message, next) =>
    {
        _steps.Enqueue($"{name}:{TextOf(message)}");
        return next(message);
    };

    private ThriftReceiveMiddleware Receiving(string name) => async (_, next) =>
    {
        var message = await next();
        _steps.Enqueue(message is null ? $"{name}<end" : $"{name}<{message.GetType().Name}:{TextOf(message)}");
        return message;
    };

    private static string? TextOf(object message) => message switch
    {
        Request request => request.Message,
        Response response => response.Message,
        _ => message.ToString(),
    };
}
