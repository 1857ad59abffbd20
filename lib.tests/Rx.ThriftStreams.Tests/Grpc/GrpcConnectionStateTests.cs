using Microsoft.Extensions.Time.Testing;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>HttpClient forgets a connection that it is given while it is disposed: no channel may leave one open.</summary>
public sealed class GrpcConnectionStateTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly GrpcConnectionState _state = new();
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task CloseAsync_ConnectionThatNobodyCloses_ClosesItWhenTheTimeIsOver()
    {
        var forgotten = new MemoryStream();
        Assert.True(_state.TryOpen(forgotten));

        var closing = _state.CloseAsync(Limit, _clock);
        Assert.True(forgotten.CanRead);
        _clock.Advance(Limit);
        await closing.Soon();

        Assert.False(forgotten.CanRead);
    }

    [Fact]
    public async Task CloseAsync_ConnectionsThatAreClosed_DoesNotWait()
    {
        using var first = new MemoryStream();
        using var second = new MemoryStream();
        Assert.True(_state.TryOpen(first));
        Assert.True(_state.TryOpen(second));

        var closing = _state.CloseAsync(Limit, _clock);
        _state.OnClosed(first);
        Assert.False(closing.IsCompleted);
        _state.OnClosed(second);

        await closing.Soon();
    }

    [Fact]
    public async Task TryOpen_AfterTheChannelWasDisposed_RefusesTheConnection()
    {
        await _state.CloseAsync(Limit, _clock);
        using var late = new MemoryStream();

        Assert.False(_state.TryOpen(late));
    }
}
