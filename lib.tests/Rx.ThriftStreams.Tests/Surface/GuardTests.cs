using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Wire;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>What must not creep in on any path: memory for each call that shares a connection, for large messages, for a slow consumer, and threads that wait.</summary>
[Collection(nameof(GuardTests))]
[CollectionDefinition(nameof(GuardTests), DisableParallelization = true)]
public sealed class GuardTests
{
    private const int LargeLength = 64 * 1024;

    public static TheoryData<string> Schemes => ["grpc", "ttheader"];

    /// <summary>Of the debug build, which allocates more than a release build; both sides together.</summary>
    [Fact]
    public async Task SharedCalls_ManyAtATime_AllocateNoMoreThanBefore()
    {
        const int callers = 16;
        const int calls = 200;
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress(
            $"ttheader://{server.Endpoint}", new() { Connections = { Mode = ThriftConnectionMode.Multiplexed, MaxPerEndpoint = 1 } });
        var client = new TestServiceClient(channel);

        var bytes = await Allocations.LeastAsync(callers * calls, () => Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (var i = 0; i < calls; i++)
            {
                await client.EchoPingPongAsync(Ask("0123456789abcdef"), TestContext.Current.CancellationToken);
            }
        })));

        Assert.InRange(bytes, 1, 5_300);
    }

    /// <summary>A call that shares a connection costs a fraction of a system call. The first write is held until all handlers have answered: the rest is one write.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_ToRequestsThatDidNotWait_AreWrittenTogether(bool inAnyOrder)
    {
        var flags = inAnyOrder ? TTHeaderFlags.SupportsOutOfOrder : default;
        const int calls = 100;
        var answered = 0;
        HeldWrites? output = null;
        var service = new ScriptedService
        {
            EchoUnary = (request, _) =>
            {
                Interlocked.Increment(ref answered);
                return Task.FromResult(new Response { Message = request.Message });
            },
        };
        await using var server = await ThriftApplication.StartAsync(
            listen =>
            {
                listen.Use(next => connection =>
                {
                    output = new HeldWrites(connection.Transport.Output);
                    connection.Transport = new PipeEnd(connection.Transport.Input, output);
                    return next(connection);
                });
                listen.UseThriftStreams();
            },
            application => application.MapThriftService<ITestService>(service));
        using var peer = new System.Net.Sockets.TcpClient();
        await peer.ConnectAsync(server.Endpoint(), TestContext.Current.CancellationToken);
        var requests = Enumerable.Range(1, calls).SelectMany(id => PingPongWire.TTHeader(PingPongWire.WithText("EchoPingPong", "hi", id), id, flags)).ToArray();
        var stream = peer.GetStream();
        await stream.WriteAsync(requests, TestContext.Current.CancellationToken);
        await Until(() => Volatile.Read(ref answered) == calls);

        output!.Release();
        peer.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);

        var answers = PingPongWireAnswer.ReadAll(await PingPongWire.ReadToEndAsync(stream).Soon());
        Assert.Equal(Enumerable.Range(1, calls), answers.Select(static answer => answer.FrameSequenceId).Order());

        // Handlers count before their answers are appended, so that the last ones may miss the second write.
        Assert.InRange(output.Writes, 1, 4);
    }

    /// <summary>The string is the message. What comes on top is for the whole stream, and for what the pools of the runtime give up at collections.</summary>
    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task LargeMessages_Streamed_AllocateTheirTextAndLittleMore(string scheme)
    {
        const int count = 200;
        const int textBytes = 2 * LargeLength;
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);

        var bytes = await Allocations.LeastAsync(count, async () =>
        {
            var received = 0;
            await foreach (var response in client.EchoServerAsync(Ask($"{count}"), cancellationToken: TestContext.Current.CancellationToken))
            {
                Assert.Equal(LargeLength, response.Message!.Length);
                received++;
            }

            Assert.Equal(count, received);
        });

        // grpc: HttpClient's buffers for a body.
        Assert.InRange(bytes, textBytes, textBytes + (scheme == "grpc" ? 40_000 : 12_000));
    }

    /// <summary>A consumer that stops keeps what the windows and the buffers of its stream hold, however much the server would send.</summary>
    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Consumer_ThatStops_HoldsABoundedAmount(string scheme)
    {
        var sent = 0;
        var service = new Endless(() => Interlocked.Increment(ref sent));
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", setup => setup.AddService<ITestService>(service));
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        await using var responses = new TestServiceClient(channel).EchoServerAsync(Ask("x")).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await responses.MoveNextAsync().Soon());

        // It stalls when nothing was sent for a while, which is looked at until it holds; how long that takes does not matter.
        var last = 0;
        var still = 0;
        await Until(() =>
        {
            var now = Volatile.Read(ref sent);
            still = now == last ? still + 1 : 0;
            last = now;
            return still == 500;
        });

        Assert.InRange((long)last * LargeLength, LargeLength, 24L * 1024 * 1024);
        Assert.True(await responses.MoveNextAsync().Soon());
    }

    /// <summary>With a handful of threads any wait that blocks one would stop the rest: a thousand streams could not all go on.</summary>
    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task BusyStreams_WithFewThreads_AllGoOn(string scheme)
    {
        const int streams = 1000;
        const int rounds = 5;
        await using var server = await StartAsync();
        await using var channel = PatientChannel.ForAddress($"{scheme}://{server.Endpoint}");
        var client = new TestServiceClient(channel);
        ThreadPool.GetMaxThreads(out var workers, out var ports);
        Assert.True(ThreadPool.SetMaxThreads(Math.Max(4, Environment.ProcessorCount), ports));
        try
        {
            var finished = await Task.WhenAll(Enumerable.Range(0, streams).Select(async number =>
            {
                await using var stream = await client.OpenEchoAsync(cancellationToken: TestContext.Current.CancellationToken);
                await using var answers = stream.GetAsyncEnumerator(TestContext.Current.CancellationToken);
                for (var round = 0; round < rounds; round++)
                {
                    await stream.SendAsync(Ask($"{number} {round}"), TestContext.Current.CancellationToken);
                    Assert.True(await answers.MoveNextAsync());
                    Assert.Equal($"{number} {round}", answers.Current.Message);
                }

                return number;
            })).Soon();

            Assert.Equal(Enumerable.Range(0, streams), finished);
        }
        finally
        {
            ThreadPool.SetMaxThreads(workers, ports);
        }
    }

    private static Task<ThriftServer> StartAsync() => ThriftServer.StartAsync("127.0.0.1:0", static setup => setup.AddService<ITestService>(new Large()));

    private sealed class Large : EchoBase
    {
        private static readonly string Text = new('x', LargeLength);

        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default)
            => Enumerable.Repeat(new Response { Message = Text }, int.Parse(req.Message!, System.Globalization.CultureInfo.InvariantCulture)).ToAsyncEnumerable();
    }

    private sealed class Endless(Action onSend) : EchoBase
    {
        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var response = new Response { Message = new string('x', LargeLength) };
            while (!cancellationToken.IsCancellationRequested)
            {
                onSend();
                yield return response;
            }

            await Task.CompletedTask;
        }
    }
}
