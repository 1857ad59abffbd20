using Demo.Echo;
using Rx.ThriftStreams.Transports.Grpc;
using static Rx.ThriftStreams.Tests.Surface.Waits;

namespace Rx.ThriftStreams.Tests.Grpc;

/// <summary>How requests are gathered into writes.</summary>
public sealed class GrpcRequestSinkTests : IDisposable
{
    private readonly GatedStream _stream = new();

    public void Dispose() => _stream.Dispose();

    [Fact]
    public async Task Send_WhileAWriteIsUnderWay_GathersIntoTheNext()
    {
        var sink = new GrpcRequestSink(flows: true, gathers: true, gzip: false);
        var pump = sink.PumpAsync(_stream, TestContext.Current.CancellationToken);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);

        await sink.SendAsync(Ask("2"));
        await sink.SendAsync(Ask("3"));
        sink.Complete();
        _stream.Open();
        await pump.Soon();

        Assert.Equal([["1"], ["2", "3"]], _stream.Writes);
        Assert.Equal(1, _stream.Flushes);
    }

    [Fact]
    public async Task Send_NoDelay_WritesEachMessageByItself()
    {
        var sink = new GrpcRequestSink(flows: true, gathers: false, gzip: false);
        var pump = sink.PumpAsync(_stream, TestContext.Current.CancellationToken);
        var first = sink.SendAsync(Ask("1")).AsTask();
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);
        await first.Soon();

        var second = sink.SendAsync(Ask("2")).AsTask();
        Assert.False(second.IsCompleted);
        _stream.Open();
        await second.Soon();
        await sink.SendAsync(Ask("3")).Soon();
        sink.Complete();
        await pump.Soon();

        Assert.Equal([["1"], ["2"], ["3"]], _stream.Writes);
    }

    [Fact]
    public async Task Send_TheBufferIsFull_WaitsUntilItIsTaken()
    {
        var sink = new GrpcRequestSink(flows: true, gathers: true, gzip: false);
        var pump = sink.PumpAsync(_stream, TestContext.Current.CancellationToken);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);

        var large = sink.SendAsync(Ask(new string('x', 70_000))).AsTask();
        Assert.False(large.IsCompleted);
        _stream.Open();

        Assert.InRange(await large.Soon(), 70_000, 70_100);
        sink.Complete();
        await pump.Soon();
    }

    [Fact]
    public async Task Send_OnlyOneMessage_IsWrittenWithTheEndAndWithoutAFlush()
    {
        var sink = new GrpcRequestSink(flows: false, gathers: true, gzip: false);
        _stream.Open();
        var pump = sink.PumpAsync(_stream, TestContext.Current.CancellationToken);
        await sink.SendAsync(Ask("only"));
        Assert.Empty(_stream.Writes);

        sink.Complete();
        await pump.Soon();

        Assert.Equal([["only"]], _stream.Writes);
        Assert.Equal(0, _stream.Flushes);
    }

    [Fact]
    public async Task Pump_Cancelled_FailsTheSenderThatWaitsAndThoseThatCome()
    {
        using var cancellation = new CancellationTokenSource();
        var sink = new GrpcRequestSink(flows: true, gathers: true, gzip: false);
        var pump = sink.PumpAsync(_stream, cancellation.Token);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);
        var waiting = sink.SendAsync(Ask(new string('x', 70_000))).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pump.Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sink.SendAsync(Ask("late")).AsTask());
    }

    [Fact]
    public async Task Write_Fails_IsWhatTheNextSendReports()
    {
        var sink = new GrpcRequestSink(flows: true, gathers: true, gzip: false);
        var pump = sink.PumpAsync(_stream, TestContext.Current.CancellationToken);
        await sink.SendAsync(Ask("1"));
        await _stream.Started.WaitAsync(Limit, TestContext.Current.CancellationToken);

        _stream.Open(new IOException("cut"));

        Assert.Equal("cut", (await Assert.ThrowsAsync<IOException>(() => pump.Soon())).Message);
        Assert.Equal("cut", (await Assert.ThrowsAsync<IOException>(() => sink.SendAsync(Ask("2")).AsTask())).Message);
    }

    [Fact]
    public async Task Send_MessageThatCannotBeEncoded_LeavesNothingBehind()
    {
        var sink = new GrpcRequestSink(flows: false, gathers: true, gzip: false);
        _stream.Open();
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await sink.SendAsync<Request>(null!));
        await sink.SendAsync(Ask("good"));
        sink.Complete();

        await sink.PumpAsync(_stream, TestContext.Current.CancellationToken).Soon();

        Assert.Equal([["good"]], _stream.Writes);
    }

    /// <summary>Keeps what is written, as the texts of its messages; writes wait until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Started => _started.Task;

        internal List<string[]> Writes { get; } = [];

        internal int Flushes { get; private set; }

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
            return Task.CompletedTask;
        }

        private static List<string> Messages(ReadOnlySpan<byte> bytes)
        {
            var messages = new List<string>();
            while (!bytes.IsEmpty)
            {
                var length = GrpcFrame.ReadPrefix(bytes, int.MaxValue, out _);
                messages.Add(Rx.ThriftStreams.Serialization.ThriftSerializer.Deserialize<Request>(bytes.Slice(GrpcFrame.PrefixLength, length)).Message!);
                bytes = bytes[(GrpcFrame.PrefixLength + length)..];
            }

            return messages;
        }
    }
}
