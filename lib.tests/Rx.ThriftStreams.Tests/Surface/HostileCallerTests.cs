using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Demo.Echo;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What callers over gRPC do to a server, on purpose or not.</summary>
public sealed class HostileCallerTests
{
    [Fact]
    public async Task Calls_CancelledByTheirCaller_AreNoFailuresOfTheirHandlers()
    {
        var finished = 0;
        var internals = 0;
        await using var loop = await Loopback.StartAsync(new()
        {
            EchoUnary = (request, _) => Task.FromResult(Answer(request.Message!)),
            EchoServer = (_, ct) => Never(ct),
            EchoClient = async (requests, ct) => Answer($"{await requests.CountAsync(ct)}"),
        });
        using var events = loop.Server.Events.Subscribe(new Each(e =>
        {
            if (e.Kind == ThriftStreamEventKind.RpcFinish)
            {
                Interlocked.Add(ref internals, e.Status?.Code == ThriftStatusCode.Internal ? 1 : 0);
                Interlocked.Increment(ref finished);
            }
        }));
        await loop.Client.EchoUnaryAsync(Ask("warm"), TestContext.Current.CancellationToken).Soon();

        for (var i = 0; i < 300; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task call = (i % 3) switch
            {
                0 => loop.Client.EchoUnaryAsync(Ask(new string('x', 30_000)), cancel.Token),
                1 => loop.Client.EchoClientAsync(Many(), cancel.Token),
                _ => loop.Client.EchoServerAsync(Ask(new string('x', 30_000)), cancel.Token).CountAsync(cancel.Token).AsTask(),
            };
            if (i % 4 == 0)
            {
                await Task.Yield();
            }
            else
            {
                Thread.SpinWait(i * 7 % 4000);
            }

            await cancel.CancelAsync();
            await call.ContinueWith(static _ => { }, TaskScheduler.Default).Soon();
        }

        await loop.Client.EchoUnaryAsync(Ask("last"), TestContext.Current.CancellationToken).Soon();
        await Until(() => Volatile.Read(ref finished) >= 2);
        await loop.Server.StopAsync(TestContext.Current.CancellationToken).Soon();

        Assert.DoesNotContain(loop.Log.Entries, entry => entry.Level >= LogLevel.Error);
        Assert.Equal(0, internals);

        static async IAsyncEnumerable<Request> Many()
        {
            for (var i = 0; i < 10_000; i++)
            {
                yield return Ask("some text");
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Resets_MoreThanAllowedWithinASecond_EndTheConnection()
    {
        // The clock stands still: all of them come within one second.
        var clock = new FakeTimeProvider();
        var started = 0;
        await using var loop = await Loopback.StartAsync(new() { EchoServer = (_, ct) => Begin(ref started, ct) }, server =>
        {
            server.TimeProvider = clock;
            server.Limits.MaxResetsPerSecond = 5;
        });

        for (var i = 0; i < 20 && !WasCut(); i++)
        {
            await using var call = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();
            await Until(() => Volatile.Read(ref started) > i || WasCut());
        }

        await Until(WasCut);

        bool WasCut() => loop.Log.Entries.Any(entry => entry.Id == 44);
    }

    [Fact]
    public async Task Resets_WithinTheLimit_LeaveTheConnectionAlone()
    {
        var clock = new FakeTimeProvider();
        var started = 0;
        var cancelled = 0;
        await using var loop = await Loopback.StartAsync(
            new()
            {
                EchoServer = (_, ct) =>
                {
                    ct.Register(() => Interlocked.Increment(ref cancelled));
                    return Begin(ref started, ct);
                },
                EchoUnary = (request, _) => Task.FromResult(Answer(request.Message!)),
            },
            server =>
            {
                server.TimeProvider = clock;
                server.Limits.MaxResetsPerSecond = 5;
            });

        for (var i = 0; i < 20; i++)
        {
            if (i % 5 == 0)
            {
                // A call is counted before its handler is cancelled.
                await Until(() => Volatile.Read(ref cancelled) == i);
                await loop.Client.EchoUnaryAsync(Ask("in between"), TestContext.Current.CancellationToken).Soon();
                clock.Advance(TimeSpan.FromSeconds(2));
            }

            await using var call = await loop.Client.OpenEchoServerAsync(Ask("x")).Soon();
            await Until(() => Volatile.Read(ref started) > i);
        }

        Assert.DoesNotContain(loop.Log.Entries, entry => entry.Id == 44);
    }

    [Fact]
    public async Task Uploads_ThatNobodyReads_DoNotStopOtherCallsOfTheConnection()
    {
        var inside = 0;
        await using var loop = await Loopback.StartAsync(
            new()
            {
                EchoClient = async (_, ct) =>
                {
                    Interlocked.Increment(ref inside);
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                    return Answer("never");
                },
                Echo = (requests, _) => requests.Select(request => Answer(request.Message!)),
            },
            channel: options => options.Grpc.ConfigureHttpHandler = handler => handler.EnableMultipleHttp2Connections = false);
        using var cancel = new CancellationTokenSource();
        var sent = 0L;
        var uploads = Enumerable.Range(0, 12).Select(_ => loop.Client.EchoClientAsync(Upload(), cancel.Token)).ToArray();
        await Until(() => Volatile.Read(ref inside) == 12);

        // Each is stuck when it has filled its window and what lies before it: then nothing moves any more.
        await Until(() => Volatile.Read(ref sent) >= 12 * 3);

        var answer = await loop.Client.EchoAsync(AsyncEnumerable.Repeat(Ask(new string('x', 10_000)), 3)).CountAsync(TestContext.Current.CancellationToken).Soon();

        Assert.Equal(3, answer);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(uploads).Soon());

        async IAsyncEnumerable<Request> Upload()
        {
            for (var i = 0; i < 40; i++)
            {
                yield return Ask(new string('x', 100_000));
                Interlocked.Increment(ref sent);
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task PartialMessages_BeyondTheMemoryOfTheConnection_EndTheirCall()
    {
        await using var loop = await Loopback.StartAsync(
            new() { EchoUnary = (request, _) => Task.FromResult(Answer(request.Message!)) }, server => server.Limits.MaxConnectionMemory = 1024 * 1024);
        using var http = new HttpClient();
        using var body = new PartialMessage(announced: 4_000_000, sent: 3_000_000);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{loop.Server.Endpoint}/echo.TestService/EchoUnary")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).Soon();
        body.End();

        Assert.Equal("8", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("fine", (await loop.Client.EchoUnaryAsync(Ask("fine"), TestContext.Current.CancellationToken).Soon()).Message);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("memory")]
    public async Task ResponseThatIsTooLarge_DoesNotDiscardThoseBeforeIt(string transport)
    {
        var service = new ScriptedService { EchoServer = (_, _) => Responses() };
        await using var memory = transport == "memory" ? AspNetCore.ThriftInMemoryServer.Create(setup => setup.AddService<ITestService>(service)) : null;
        await using var loop = memory is null ? await Loopback.StartAsync(service, channel: options => options.Limits.MaxReceiveMessageSize = 10_000) : null;
        await using var channel = memory?.CreateChannel(new() { Limits = { MaxReceiveMessageSize = 10_000 } });
        var received = new List<string?>();

        var error = await Assert.ThrowsAsync<ThriftStatusException>(async () =>
        {
            await foreach (var response in new TestServiceClient(channel ?? loop!.Channel).EchoServerAsync(Ask("x")))
            {
                received.Add(response.Message);
            }
        });

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Equal(["0", "1", "2", "3", "4"], received);

        static async IAsyncEnumerable<Response> Responses()
        {
            for (var i = 0; i < 5; i++)
            {
                yield return Answer($"{i}");
            }

            yield return Answer(new string('x', 50_000));
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Warnings_AboutBrokenCalls_AreLimitedAndOfOneLine()
    {
        await using var loop = await Loopback.StartAsync(new() { Echo = (requests, _) => requests.Select(request => Answer(request.Message!)) });
        using var http = new HttpClient();
        for (var i = 0; i < 30; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{loop.Server.Endpoint}/echo.TestService/Echo")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent([0, 0, 0, 0, 3, 255, 255, 255]),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc+thrift");
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken).Soon();
        }

        var warnings = loop.Log.Entries.Where(entry => entry.Id == 11).ToList();
        Assert.Equal(20, warnings.Count);
        Assert.All(warnings, entry => Assert.DoesNotContain('\n', entry.Text));
    }

    private static IAsyncEnumerable<Response> Begin(ref int started, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref started);
        return Never(cancellationToken);
    }

    private sealed class Each(Action<ThriftStreamEvent> action) : IObserver<ThriftStreamEvent>
    {
        public void OnNext(ThriftStreamEvent value) => action(value);

        public void OnError(Exception error)
        {
        }

        public void OnCompleted()
        {
        }
    }

    /// <summary>A gRPC message whose end does not come before it is told to.</summary>
    private sealed class PartialMessage : HttpContent
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly byte[] _bytes;

        public PartialMessage(int announced, int sent)
        {
            _bytes = new byte[5 + sent];
            BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(1), announced);
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc+thrift");
        }

        public void End() => _end.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_bytes);
            await stream.FlushAsync();
            await _end.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
