using Demo.Echo;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transports.Grpc;
using static Rx.ThriftStreams.Tests.Support.Waits;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>How requests are gathered into writes.</summary>
public sealed class GrpcRequestSinkTests : IDisposable
{
    private readonly GatedStream _stream = new();
    private GrpcRequestContent? _content;

    public void Dispose() => _stream.Dispose();

    [Fact]
    public async Task Send_WhileAWriteIsUnderWay_GathersIntoTheNext()
    {
        var (sink, writing) = Begin(ThriftStreamingMode.Bidirectional);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);

        await sink.SendAsync(Ask("2"));
        await sink.SendAsync(Ask("3"));
        sink.Complete();
        _stream.Open();
        await writing.Soon();

        Assert.Equal([["1"], ["2", "3"]], _stream.Writes);
        Assert.Equal(2, _stream.Flushes);
    }

    [Fact]
    public async Task Send_NoDelay_WritesEachMessageByItself()
    {
        var (sink, writing) = Begin(ThriftStreamingMode.Bidirectional, noDelay: true);
        var first = sink.SendAsync(Ask("1")).AsTask();
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);
        await first.Soon();

        var second = sink.SendAsync(Ask("2")).AsTask();
        Assert.False(second.IsCompleted);
        _stream.Open();
        await second.Soon();
        await sink.SendAsync(Ask("3")).Soon();
        sink.Complete();
        await writing.Soon();

        Assert.Equal([["1"], ["2"], ["3"]], _stream.Writes);
    }

    [Fact]
    public async Task Send_TheBufferIsFull_WaitsUntilItIsTaken()
    {
        var (sink, writing) = Begin(ThriftStreamingMode.Bidirectional);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);

        var large = sink.SendAsync(Ask(new string('x', 70_000))).AsTask();
        Assert.False(large.IsCompleted);
        _stream.Open();

        Assert.InRange(await large.Soon(), 70_000, 70_100);
        sink.Complete();
        await writing.Soon();
    }

    [Fact]
    public async Task Send_OnlyOneMessage_IsWrittenWithTheEndAndWithoutAFlush()
    {
        _stream.Open();
        var (sink, writing) = Begin(ThriftStreamingMode.Unary);
        await sink.SendAsync(Ask("only"));
        Assert.Empty(_stream.Writes);

        sink.Complete();
        await writing.Soon();

        Assert.Equal([["only"]], _stream.Writes);
        Assert.Equal(0, _stream.Flushes);
    }

    [Fact]
    public async Task Pump_Cancelled_FailsTheSenderThatWaitsAndThoseThatCome()
    {
        using var cancellation = new CancellationTokenSource();
        var (sink, writing) = Begin(ThriftStreamingMode.Bidirectional, cancellation.Token);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);
        var waiting = sink.SendAsync(Ask(new string('x', 70_000))).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());

        // Why HttpClient stopped the body is its own to say, first.
        Assert.False(writing.IsCompleted);
        _content!.Exchange.SetEnded();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sink.SendAsync(Ask("late")).AsTask());
    }

    [Fact]
    public async Task Pump_CancelledBetweenTwoWaits_EndsNonetheless()
    {
        using var cancellation = new CancellationTokenSource();
        _stream.Open();
        var (sink, writing) = Begin(ThriftStreamingMode.Bidirectional, cancellation.Token);
        _stream.Flushed = cancellation.Cancel;

        await sink.SendAsync(Ask("1"));
        _content!.Exchange.SetEnded();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Soon());
    }

    [Fact]
    public async Task Write_Fails_IsWhatTheNextSendReports()
    {
        var (sink, writing) = Begin(ThriftStreamingMode.Bidirectional);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);

        _stream.Open(new IOException("cut"));

        Assert.Equal("cut", (await Assert.ThrowsAsync<HttpRequestException>(() => writing.Soon())).InnerException?.Message);
        Assert.Equal("cut", (await Assert.ThrowsAsync<IOException>(() => sink.SendAsync(Ask("2")).AsTask())).Message);
    }

    [Fact]
    public async Task Send_MessageThatCannotBeEncoded_LeavesNothingBehind()
    {
        _stream.Open();
        var content = Content(ThriftStreamingMode.Unary);
        var sink = content.Exchange.Requests;
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await sink.SendAsync<Request>(null!));
        await sink.SendAsync(Ask("good"));
        sink.Complete();

        await content.CopyToAsync(_stream, TestContext.Current.CancellationToken).Soon();

        Assert.Equal([["good"]], _stream.Writes);
    }

    [Fact]
    public async Task Body_AskedForAgainBeforeTheAnswer_WritesTheOnlyMessageAgain()
    {
        _stream.Open();
        var content = Content(ThriftStreamingMode.Unary);
        await content.Exchange.Requests.SendAsync(Ask("only"));
        content.Exchange.Requests.Complete();

        await content.CopyToAsync(_stream, TestContext.Current.CancellationToken).Soon();
        await content.CopyToAsync(_stream, TestContext.Current.CancellationToken).Soon();
        content.Exchange.SetEnded();
        await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(_stream, TestContext.Current.CancellationToken).Soon());

        Assert.Equal([["only"], ["only"]], _stream.Writes);
    }

    [Fact]
    public async Task Body_OfAStreamAskedForAgain_FailsInsteadOfSendingLess()
    {
        _stream.Open();
        var (sink, writing) = Begin(ThriftStreamingMode.Client);
        await sink.SendAsync(Ask("1"));
        sink.Complete();
        await writing.Soon();

        await Assert.ThrowsAsync<HttpRequestException>(() => _content!.CopyToAsync(_stream, TestContext.Current.CancellationToken).Soon());

        Assert.Equal([["1"]], _stream.Writes);
    }

    private static GrpcRequestContent Content(ThriftStreamingMode mode, bool noDelay = false)
    {
        var settings = new ThriftCallOptions { NoDelay = noDelay };
        return new(new GrpcExchange(
            new ThriftMethod<Request, Response>("echo", "TestService", "Echo", mode),
            new(settings, TimeProvider.System, limit: null, headers: null, metaInfo: null),
            authority: null,
            new GrpcConnectionState()));
    }

    private (GrpcRequestSink Sink, Task Writing) Begin(ThriftStreamingMode mode, CancellationToken? cancellationToken = null, bool noDelay = false)
    {
        _content = Content(mode, noDelay);
        return (_content.Exchange.Requests, _content.CopyToAsync(_stream, cancellationToken ?? TestContext.Current.CancellationToken));
    }

    /// <summary>Keeps what is written, as the texts of its messages; writes wait until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Started => _started.Task;

        internal List<string[]> Writes { get; } = [];

        internal int Flushes { get; private set; }

        internal Action? Flushed { get; set; }

        internal void Open(Exception? failure = null)
        {
            if (failure is null)
            {
                _open.SetResult();
            }
            else
            {
                _open.SetException(failure);
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes.Add([.. Messages(buffer.Span)]);
            _started.TrySetResult();
            await _open.Task.WaitAsync(cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            Flushed?.Invoke();
            return Task.CompletedTask;
        }

        private static List<string> Messages(ReadOnlySpan<byte> bytes)
        {
            var messages = new List<string>();
            while (!bytes.IsEmpty)
            {
                var length = GrpcFrame.ReadPrefix(bytes, new(int.MaxValue, null, 1), out _);
                messages.Add(Rx.ThriftStreams.Serialization.ThriftSerializer.Deserialize<Request>(bytes.Slice(GrpcFrame.PrefixLength, length)).Message!);
                bytes = bytes[(GrpcFrame.PrefixLength + length)..];
            }

            return messages;
        }
    }
}
