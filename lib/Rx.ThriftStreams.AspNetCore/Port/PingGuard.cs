using System.Buffers;
using System.IO.Pipelines;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Decorates the bytes of an HTTP/2 connection: ends it when its client sends too many PINGs, each of which Kestrel answers.</summary>
/// <remarks>
/// The client is told by a GOAWAY with ENHANCE_YOUR_CALM and <c>too_many_pings</c>, upon which clients of gRPC ping less often. It is written where Kestrel flushes: between two frames,
/// and at the latest with the answer to the PING that was one too many. Then Kestrel finds the end of the requests, and closes the connection in order.
/// </remarks>
internal sealed class PingGuard : IDuplexPipe
{
    private const int PingFrameLength = 17;

    // A response is longer; window updates, which answer data of the client, may be shorter.
    private const int LeastResponse = 32;

    private static readonly byte[] GoAway =
    [
        0, 0, 22, 7, 0, 0, 0, 0, 0, // length, GOAWAY, no flags, connection
        0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 11, // any stream, ENHANCE_YOUR_CALM
        .. "too_many_pings"u8,
    ];

    private readonly PingPolicy _policy;
    private readonly Action _onTooMany;
    private long _written;
    private long _expected;
    private volatile bool _isTooMany;

    /// <param name="inner">The connection.</param>
    /// <param name="policy">What is too many.</param>
    /// <param name="onTooMany">Is notified once.</param>
    internal PingGuard(IDuplexPipe inner, PingPolicy policy, Action onTooMany)
    {
        _policy = policy;
        _onTooMany = onTooMany;
        Input = new Reader(this, inner.Input);
        Output = new Writer(this, inner.Output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Called by the only reader.</summary>
    private void OnRead(int pings, bool hasData)
    {
        var written = Volatile.Read(ref _written);
        if (hasData || written - _expected > LeastResponse)
        {
            _expected = written;
            _policy.Forgive();
        }

        _expected += pings * PingFrameLength;
        if (!_policy.TryAccept(pings))
        {
            _isTooMany = true;
            _onTooMany();
        }
    }

    /// <summary>Kestrel copies what it reads: everything that it has read, it has consumed.</summary>
    private sealed class Reader(PingGuard guard, PipeReader inner) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;
        private PingFrames _frames = new();

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (guard._isTooMany)
            {
                return new(new ReadResult(default, isCanceled: false, isCompleted: true));
            }

            var read = inner.ReadAsync(cancellationToken);
            return read.IsCompletedSuccessfully ? new(Keep(read.Result)) : AwaitAsync(read);
        }

        public override bool TryRead(out ReadResult result)
        {
            if (guard._isTooMany)
            {
                result = new ReadResult(default, isCanceled: false, isCompleted: true);
                return true;
            }

            var isRead = inner.TryRead(out result);
            if (isRead)
            {
                Keep(result);
            }

            return isRead;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (guard._isTooMany)
            {
                return;
            }

            var pings = _frames.Count(_buffer.Slice(0, consumed), out var hasData);
            _buffer = default;
            inner.AdvanceTo(consumed, examined);
            if (pings > 0 || hasData)
            {
                guard.OnRead(pings, hasData);
            }
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read) => Keep(await read.ConfigureAwait(false));

        private ReadResult Keep(ReadResult result)
        {
            _buffer = result.Buffer;
            return result;
        }
    }

    private sealed class Writer(PingGuard guard, PipeWriter inner) : PipeWriter
    {
        private bool _isTold;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes)
        {
            inner.Advance(bytes);
            Volatile.Write(ref guard._written, guard._written + bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            if (guard._isTooMany && !_isTold)
            {
                _isTold = true;
                inner.Write(GoAway);
            }

            return inner.FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
