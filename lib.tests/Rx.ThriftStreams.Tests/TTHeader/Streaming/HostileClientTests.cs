using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Demo.Echo;
using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Tests.TTHeader.Streaming;

/// <summary>Clients that mean harm, or are gone: no handler, memory or connection outlives them.</summary>
public sealed class HostileClientTests
{
    private const int Mebibyte = 1024 * 1024;
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Header_IdWhoseHandlerRuns_CancelsItAndTheLossOfTheConnectionEndsAll()
    {
        var service = new EndlessService();
        await using var host = new StreamingHost(service);
        var (client, served, connection, _) = host.ConnectInside(pauseThreshold: Mebibyte);
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(FramePeer.Header(1, "EchoServer"), FramePeer.Data(1, "x", "EchoServer"), FramePeer.Trailer(1, "EchoServer"));
            var begun = i + 1;
            await Waits.Until(() => service.Started == begun);
        }

        await Waits.Until(() => service.Cancelled >= 19);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();

        await Waits.Until(() => service.Ended == 20);
        Assert.Equal(20, service.Cancelled);
        await Waits.Until(() => connection.Memory.Used == 0);
        await Waits.Until(() => host.Runtime.Memory.Used == 0);
    }

    [Fact]
    public async Task Header_IdsUsedAgain_HandlersThatDoNotEndCountAgainstTheLimit()
    {
        var service = new StubbornService();
        await using var host = new StreamingHost(service, options => options.Limits.MaxStreamsPerConnection = 3);
        var (client, served) = host.Connect();
        for (var i = 0; i < 4; i++)
        {
            await client.SendAsync(FramePeer.Header(1, "EchoServer"), FramePeer.Data(1, "x", "EchoServer"), FramePeer.Trailer(1, "EchoServer"));

            // A call that is cancelled before its handler has begun ends at once, and does not count.
            var begun = Math.Min(i + 1, 3);
            await Waits.Until(() => service.Started == begun);
        }

        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        Assert.StartsWith("too many streams", (await client.ExpectAsync(TTHeaderFrameType.Trailer, 1)).Error.Message, StringComparison.Ordinal);
        Assert.InRange(service.Started, 0, 3);
        service.Gate.SetResult();
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Header_ManyPairs_AreCountedAndRefusedWhenTheConnectionIsFull()
    {
        var service = new StubbornService();
        await using var host = new StreamingHost(service, options => options.Limits.MaxConnectionMemory = 8 * Mebibyte);
        var (client, served, connection, _) = host.ConnectInside(pauseThreshold: Mebibyte);

        // Pairs of four bytes on the wire.
        var pairs = Enumerable.Repeat(("", ""), 10_000).ToArray();
        for (var id = 1; id <= 6; id++)
        {
            await client.SendAsync(FramePeer.Header(id, "EchoServer", more: pairs), FramePeer.Data(id, "x", "EchoServer"), FramePeer.Trailer(id, "EchoServer"));
        }

        var refused = await client.ExpectAsync(TTHeaderFrameType.Header);
        Assert.Contains("no memory", (await client.ExpectAsync(TTHeaderFrameType.Trailer, refused.Id)).Error.Message, StringComparison.Ordinal);
        Assert.InRange(connection.Memory.Used, 4 * Mebibyte, 8 * Mebibyte);
        service.Gate.SetResult();
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
        await Waits.Until(() => connection.Memory.Used == 0);
    }

    [Fact]
    public async Task Responses_NobodyReads_AreBoundedForTheConnectionAndCutOff()
    {
        await using var host = new StreamingHost(configure: options => options.TimeProvider = _clock);
        var (client, served, connection, end) = host.ConnectInside();
        for (var id = 1; id <= 100; id++)
        {
            await client.SendAsync(FramePeer.Header(id, "EchoServer"), FramePeer.Data(id, $"count:10:{Mebibyte}", "EchoServer"), FramePeer.Trailer(id, "EchoServer"));
        }

        await Waits.Until(() => !connection.Writer.HasRoom);
        Assert.InRange(connection.Memory.Used, Mebibyte, 10 * Mebibyte);
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(connection.IsClosed);
        await Waits.Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return connection.IsClosed;
        });

        Assert.Contains("has not read", (await end.Aborted.Soon()).Message, StringComparison.Ordinal);
        await served.Soon();
        await Waits.Until(() => connection.Memory.Used == 0);
    }

    [Fact]
    public async Task Responses_ReadSlowly_AreNotCutOff()
    {
        await using var host = new StreamingHost(configure: options => options.TimeProvider = _clock);
        var (client, served, connection, _) = host.ConnectInside();
        await client.SendAsync(FramePeer.Header(1, "EchoServer"), FramePeer.Data(1, $"count:20:{200_000}", "EchoServer"), FramePeer.Trailer(1, "EchoServer"));
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(20));
            await client.ExpectAsync(TTHeaderFrameType.Data, 1);
        }

        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        Assert.False(connection.IsClosed);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Connection_Idle_IsClosedAndOneWithAQuietStreamIsNot()
    {
        var service = new StubbornService();
        await using var host = new StreamingHost(service, options => options.TimeProvider = _clock);
        var (_, idle, idleConnection, _) = host.ConnectInside();
        var (client, _, quiet, _) = host.ConnectInside();
        await client.SendAsync(FramePeer.Header(1, "EchoServer"), FramePeer.Data(1, "x", "EchoServer"), FramePeer.Trailer(1, "EchoServer"));
        await Waits.Until(() => service.Started == 1);

        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.False(idleConnection.IsClosed);
        _clock.Advance(TimeSpan.FromMinutes(2));

        await idle.Soon();
        Assert.False(quiet.IsClosed);
        service.Gate.SetResult();
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);
        await Waits.Until(() => quiet.StreamCount == 0);
        _clock.Advance(TimeSpan.FromMinutes(9));
        Assert.False(quiet.IsClosed);
        await Waits.Until(() =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            return quiet.IsClosed;
        });
    }

    [Fact]
    public async Task Stop_PeerReadsNothing_EndsWithinTheShutdownTimeout()
    {
        await using var host = new StreamingHost(configure: options => options.TimeProvider = _clock);
        var (client, served, connection, end) = host.ConnectInside(pauseThreshold: 1);
        var sent = client.SendAsync(FramePeer.Header(1, "EchoServer"), FramePeer.Data(1, "count:1:100000", "EchoServer"), FramePeer.Trailer(1, "EchoServer"));
        await Waits.Until(() => connection.Writer.StalledFor >= TimeSpan.Zero && connection.Memory.Used > 100_000);
        await Waits.Until(() => connection.StreamCount == 0);
        await sent;

        host.Stop();
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(served.IsCompleted);
        await Waits.Until(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return served.IsCompleted;
        });

        Assert.Contains("shuts down", (await end.Aborted.Soon()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_AnswersAreWritten_IsCutOffOnlyIfThePeerDoesNotTakeTheEnd()
    {
        await using var host = new StreamingHost(configure: options => options.TimeProvider = _clock);
        var (client, served, _, end) = host.ConnectInside();
        await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "x"), FramePeer.Trailer(1));
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        await client.ExpectAsync(TTHeaderFrameType.Data, 1);
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);

        host.Stop();
        _clock.Advance(TimeSpan.FromMilliseconds(100));

        await served.Soon();
        await client.ExpectClosedAsync();
        Assert.False(end.Aborted.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains("did not close its side", (await end.Aborted.Soon()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(40)]
    public async Task Upload_ClientWithoutFlowControlVanishesWhileNothingIsRead_CancelsItsHandler(int mebibytes)
    {
        // 1 MiB fits into Kestrel's pipe, 6 into the buffers of the system, 40 nowhere: the end of the connection is then out of sight.
        var service = new EndlessService();
        await using var server = await ThriftServer.StartAsync("127.0.0.1:0", builder => builder.AddService<ITestService>(service));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        await socket.SendAsync(FramePeer.Header(1, "EchoClient"), TestContext.Current.CancellationToken);
        var part = FramePeer.Data(1, new string('x', 100_000), "EchoClient");
        socket.Blocking = false;
        using var full = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            for (var i = 0; i < mebibytes * 10; i++)
            {
                await socket.SendAsync(part, full.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // No buffer takes more.
        }

        await Waits.Until(() => service.Started == 1);
        socket.Dispose();

        await Waits.Until(() => service.Cancelled == 1);
        await Waits.Until(() => service.Ended == 1);
    }

    [Fact]
    public async Task Reset_MessagesCameBefore_TheHandlerReceivesThemFirst()
    {
        var service = new CollectingService();
        await using var host = new StreamingHost(service);
        var (client, served) = host.Connect();
        await client.SendAsync(
            FramePeer.Header(1, "EchoClient"), FramePeer.Data(1, "one", "EchoClient"), FramePeer.Data(1, "two", "EchoClient"));
        await service.Started.Task.Soon();
        await client.SendAsync(FramePeer.Frame(TTHeaderFrameType.Rst, 1, "EchoClient"));
        await client.ExpectAsync(TTHeaderFrameType.Header, 1);
        await client.ExpectAsync(TTHeaderFrameType.Trailer, 1);

        Assert.Equal(["one", "two"], service.Received);
        Assert.True(service.Error is ThriftException or OperationCanceledException);
        await client.Pipe.Output.CompleteAsync();
        await served.Soon();
    }

    [Fact]
    public async Task Connection_LostInMidCall_IsTheReasonHoweverTheHandlerNotices()
    {
        for (var round = 0; round < 200; round++)
        {
            var service = new ReasonService(sends: round % 2 == 0);
            await using var host = new StreamingHost(service);
            var (client, served) = host.Connect();
            await client.SendAsync(FramePeer.Header(1), FramePeer.Data(1, "x"));
            await service.Started.Task.Soon();
            await client.Pipe.Output.CompleteAsync();
            await served.Soon();

            Assert.Equal(12013, (await service.Reason.Task.Soon())!.Kitex!.Code);
        }
    }

    /// <summary>Sends without end, or receives nothing, until it is cancelled.</summary>
    private sealed class EndlessService : EchoBase
    {
        private int _started;
        private int _cancelled;
        private int _ended;

        public int Started => Volatile.Read(ref _started);

        public int Cancelled => Volatile.Read(ref _cancelled);

        public int Ended => Volatile.Read(ref _ended);

        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _started);
            try
            {
                // Ignores its token: a failing send has to end it.
                while (true)
                {
                    yield return new Response { Message = "again" };
                    await Task.Yield();
                }
            }
            finally
            {
                // What is registered with the token may run later; the token itself is cancelled before the handler cleans up.
                if (cancellationToken.IsCancellationRequested)
                {
                    Interlocked.Increment(ref _cancelled);
                }

                Interlocked.Increment(ref _ended);
            }
        }

        public override async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _started);
            try
            {
                await cancellationToken.Cancelled();
                Interlocked.Increment(ref _cancelled);
                throw new OperationCanceledException(cancellationToken);
            }
            finally
            {
                Interlocked.Increment(ref _ended);
            }
        }
    }

    /// <summary>Does not end before its gate opens, even when cancelled.</summary>
    private sealed class StubbornService : EchoBase
    {
        private int _started;

        public int Started => Volatile.Read(ref _started);

        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _started);
            await Gate.Task;
            yield break;
        }
    }

    /// <summary>Collects requests until they end or fail.</summary>
    private sealed class CollectingService : EchoBase
    {
        public List<string?> Received { get; } = [];

        public Exception? Error { get; private set; }

        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task<Response> EchoClientAsync(IAsyncEnumerable<Request> requests, CancellationToken cancellationToken = default)
        {
            Started.SetResult();
            await cancellationToken.Cancelled();
            try
            {
                await foreach (var request in requests)
                {
                    Received.Add(request.Message);
                }
            }
            catch (Exception error)
            {
                Error = error;
                throw;
            }

            return new Response();
        }
    }

    /// <summary>Reports the reason of its cancellation as soon as it notices that something is wrong.</summary>
    private sealed class ReasonService(bool sends) : EchoBase
    {
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<ThriftException?> Reason { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async IAsyncEnumerable<Response> EchoAsync(IAsyncEnumerable<Request> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var context = ThriftServerContext.Current!;
            try
            {
                await foreach (var request in requests)
                {
                    Started.TrySetResult();
                    while (sends)
                    {
                        yield return new Response { Message = new string('x', 1000) };
                    }
                }
            }
            finally
            {
                Reason.TrySetResult(context.CancellationReason);
            }
        }
    }
}
