using System.Reactive.Concurrency;
using System.Reactive.Subjects;
using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Reactive;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>One publisher and many subscribers: the section of docs/reactive.md, compiled and run.</summary>
public sealed class ChatSamples
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Room_SlowSubscriber_LosesOldLinesAndHoldsUpNobody()
    {
        await using var server = CreateServer();
        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel);
        var room = server.Services.GetRequiredService<ChatRoom>();
        await using var fast = await JoinAsync(client, room);
        await using var slow = await JoinAsync(client, room);

        for (var i = 0; i < 500; i++)
        {
            await client.EchoUnaryAsync(new() { Message = $"{i}" }, Token).Soon();
            await ReadUntilAsync(fast, $"{i}");
        }

        var late = await ReadUntilAsync(slow, "499");
        Assert.InRange(late.Count, 64, 400);
        Assert.Equal(Enumerable.Range(500 - 64, 64).Select(static i => $"{i}"), late[^64..]);
    }

    [Fact]
    public async Task Room_ServerStops_SubscribersLearnThatTheyShouldResume()
    {
        await using var server = CreateServer();
        await using var channel = server.CreateChannel();
        var room = server.Services.GetRequiredService<ChatRoom>();
        await using var subscriber = await JoinAsync(new TestServiceClient(channel), room);
        await using var late = new TestServiceClient(channel).EchoServerAsync(new(), Token).GetAsyncEnumerator(Token);

        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        foreach (var stream in new[] { subscriber, late })
        {
            var error = await Assert.ThrowsAsync<ThriftStatusException>(() => ReadUntilAsync(stream, "never"));
            Assert.Equal((ThriftStatusCode.Unavailable, "The server stops."), (error.StatusCode, error.Message));
        }
    }

    private static ThriftInMemoryServer CreateServer() => ThriftInMemoryServer.Create(server => server
        .AddService<ITestService, ChatService>()
        .Services(static services => services.AddSingleton<ChatRoom>()));

    /// <summary>Subscribes, and waits until the room knows it.</summary>
    private static async Task<IAsyncEnumerator<Response>> JoinAsync(TestServiceClient client, ChatRoom room)
    {
        var lines = client.EchoServerAsync(new(), Token).GetAsyncEnumerator(Token);
        var first = lines.MoveNextAsync().AsTask();
        while (!first.IsCompleted)
        {
            room.Publish("welcome");
            await Task.Yield();
        }

        Assert.True(await first);
        return lines;
    }

    private static async Task<List<string?>> ReadUntilAsync(IAsyncEnumerator<Response> lines, string last)
    {
        var read = new List<string?>();
        while (await lines.MoveNextAsync().AsTask().Soon())
        {
            read.Add(lines.Current.Message);
            if (lines.Current.Message == last)
            {
                break;
            }
        }

        return read;
    }

    // <sample fan-out-room>
    /// <summary>What is said in a room. One object for all calls; thread-safe.</summary>
    public sealed class ChatRoom : IDisposable
    {
        private readonly ISubject<Response> _lines = Subject.Synchronize(new Subject<Response>());
        private readonly CancellationTokenRegistration _stopping;

        // Not the normal end of a stream: a subscriber that resumes it finds another server.
        public ChatRoom(IHostApplicationLifetime lifetime) => _stopping = lifetime.ApplicationStopping.Register(
            () => _lines.OnError(new ThriftStatusException(ThriftStatusCode.Unavailable, "The server stops.")));

        /// <summary>Hands a line to each subscriber, without waiting for any.</summary>
        public void Publish(string? text) => _lines.OnNext(new Response { Message = text });

        /// <summary>The lines from now on. Each enumeration has a buffer of its own; when it is full, its oldest line is dropped.</summary>
        public IAsyncEnumerable<Response> Lines => _lines.AsBoundedStream(new ObservableBufferOptions
        {
            Capacity = 64,
            Overflow = OverflowPolicy.DropOldest,
            SubscribeScheduler = ImmediateScheduler.Instance,
        });

        public void Dispose() => _stopping.Dispose();
    }

    // </sample fan-out-room>
    // <sample fan-out-service>
    internal sealed class ChatService(ChatRoom room) : EchoBase
    {
        // Says something.
        public override Task<Response> EchoUnaryAsync(Request req, CancellationToken cancellationToken = default)
        {
            room.Publish(req.Message);
            return Task.FromResult(new Response());
        }

        // Listens, until the caller leaves or the server stops.
        public override IAsyncEnumerable<Response> EchoServerAsync(Request req, CancellationToken cancellationToken = default) => room.Lines;
    }

    // </sample fan-out-service>
}
