using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.AspNetCore.Port;

/// <summary>Decorates the bytes of an HTTP/2 connection: ends the connection when its client sends too many PINGs, because Kestrel answers each of them.</summary>
/// <remarks>
/// The client receives a GOAWAY with ENHANCE_YOUR_CALM and <c>too_many_pings</c>, which makes gRPC clients ping less often. It is written when Kestrel flushes: between two frames,
/// and at the latest with the answer to the PING that was one too many. Then Kestrel reads the end of the requests, and closes the connection gracefully.
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

    /// <summary>Looks at bytes when they are read, before Kestrel answers them, and at each once: Kestrel leaves the part of a frame that waits for its rest.</summary>
    private sealed class Reader(PingGuard guard, PipeReader inner) : PipeReader
    {
        private static readonly ReadResult End = new(default, isCanceled: false, isCompleted: true);

        private ReadOnlySequence<byte> _buffer;
        private PingFrames _frames = new();
        private long _seen;
        private bool _isReading;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (guard._isTooMany)
            {
                return new(End);
            }

            var read = inner.ReadAsync(cancellationToken);
            return read.IsCompletedSuccessfully ? new(Inspect(read.Result)) : AwaitAsync(read);
        }

        public override bool TryRead(out ReadResult result)
        {
            if (guard._isTooMany)
            {
                result = End;
                return true;
            }

            var isRead = inner.TryRead(out result);
            if (isRead)
            {
                Inspect(result);
            }

            return isRead;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (!_isReading)
            {
                // The read returned End, which has no bytes to advance over.
                return;
            }

            _isReading = false;
            _seen = _buffer.Slice(consumed).Length;
            _buffer = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read) => Inspect(await read.ConfigureAwait(false));

        private ReadResult Inspect(ReadResult result)
        {
            _isReading = true;
            _buffer = result.Buffer;
            var pings = _frames.Count(_buffer.Slice(_seen), out var hasData);
            if (pings > 0 || hasData)
            {
                guard.OnRead(pings, hasData);
            }

            return result;
        }
    }

    private sealed class Writer(PingGuard guard, PipeWriter inner) : PipeWriter
    {
        private bool _isAnnounced;

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
            if (guard._isTooMany && !_isAnnounced)
            {
                _isAnnounced = true;
                inner.Write(GoAway);
            }

            return inner.FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
