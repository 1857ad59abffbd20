using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams.Contracts;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Surface;

/// <summary>A call that has ended leaves nothing behind: no timer, and no registration with a token that outlives it.</summary>
public sealed class FinishedCallTests
{
    private static readonly ThriftCallOptions AllLimits = new()
    {
        Timeout = TimeSpan.FromDays(1),
        SendTimeout = TimeSpan.FromDays(1),
        ReceiveTimeout = TimeSpan.FromDays(1),
    };

    private readonly CountingClock _clock = new();

    [Fact]
    public async Task Timers_OfCallsThatAreOver_AreDisposed()
    {
        var transport = new ScriptedTransport();
        await using var channel = ThriftChannel.ForTransport(transport, "scripted", new() { TimeProvider = _clock });
        var before = _clock.Running;
        await using var call = await OpenAsync(channel, CancellationToken.None);
        var (room, answer) = (transport.Hold(), transport.Hold());
        transport.OnSend = () => room.Task;
        transport.OnReceive = async () =>
        {
            await answer.Task;
            return false;
        };

        var send = call.SendAsync(Ask("x"), TestContext.Current.CancellationToken).AsTask();
        var end = call.GetAsyncEnumerator(TestContext.Current.CancellationToken).MoveNextAsync().AsTask();
        Assert.Equal(before + 3, _clock.Running);
        room.SetResult();
        await send.Soon();
        answer.SetResult();

        Assert.False(await end.Soon());
        Assert.Equal(before, _clock.Running);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Registrations_OfCallsThatAreOver_AreRemoved(bool disposed)
    {
        using var longLived = new CancellationTokenSource();
        var calls = await MakeCallsAsync(longLived.Token, disposed);

        for (var i = 0; i < 10 && calls.Any(static call => call.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.All(calls, static call => Assert.False(call.IsAlive, "The token of a call that is over keeps the call alive."));
        GC.KeepAlive(longLived);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Registration_OfEachToken_EndsWithTheCall(int which)
    {
        using var longLived = new CancellationTokenSource();
        using var parent = new StubServerContext();

        var call = EndOne(which == 0 ? longLived.Token : default, which == 1 ? longLived.Token : default, which == 2 ? parent : null);

        AssertCollected(call);
        GC.KeepAlive(longLived);
        GC.KeepAlive(parent);
    }

    [Fact]
    public async Task Registration_OfTheEnumerator_EndsWithIt()
    {
        using var longLived = new CancellationTokenSource();

        var call = await EnumerateOneAsync(longLived.Token);

        AssertCollected(call);
        GC.KeepAlive(longLived);
    }

    private static void AssertCollected(WeakReference call)
    {
        for (var i = 0; i < 10 && call.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(call.IsAlive, "The token keeps a call that is over alive.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference EndOne(CancellationToken method, CancellationToken enumeration, ThriftServerContext? parent)
    {
        var call = ScriptedCall.Create(parent: parent).Call;
        call.Begin(method, enumeration);
        call.End(null);
        return new(call);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> EnumerateOneAsync(CancellationToken token)
    {
        var transport = new ScriptedTransport();
        var call = await OpenAsync(ThriftChannel.ForTransport(transport, "scripted", new()), CancellationToken.None);
        await call.GetAsyncEnumerator(token).DisposeAsync();
        return new(transport);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference[]> MakeCallsAsync(CancellationToken token, bool disposed)
    {
        var calls = new List<WeakReference>();
        for (var i = 0; i < 5; i++)
        {
            // A transport for each: nothing but the call refers to it.
            var transport = new ScriptedTransport { OnReceive = static () => Task.FromResult(false) };
            var channel = ThriftChannel.ForTransport(transport, "scripted", new());
            await EndAsync(channel, token, disposed);
            calls.Add(new WeakReference(transport));
        }

        return [.. calls];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task EndAsync(ThriftChannel channel, CancellationToken token, bool disposed)
    {
        var call = await OpenAsync(channel, token);
        if (disposed)
        {
            await call.DisposeAsync();
        }
        else
        {
            await call.ToListAsync(CancellationToken.None);
        }
    }

    private static Task<ThriftDuplexStreamingCall<Request, Response>> OpenAsync(ThriftChannel channel, CancellationToken token)
        => new ThriftInvoker(channel).OpenDuplexStreamingAsync(ScriptedTransport.Method(ThriftStreamingMode.Bidirectional), AllLimits, token).AsTask();
}
