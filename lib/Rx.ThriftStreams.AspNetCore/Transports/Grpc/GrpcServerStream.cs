using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>The messages of one gRPC call: parsed from and written to the pipes of Kestrel.</summary>
internal sealed class GrpcServerStream<TRequest, TResponse> : ServerTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    // What is not flushed is memory that the peer's flow control does not bound.
    private const int MaxUnflushedBytes = 32 * 1024;
    private const int MaxUnflushedMessages = 64;

    private readonly GrpcServerCall _call;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly GrpcDecompression _decompression;
    private readonly MessageLimits _limits;

    private ReadOnlySequence<byte> _received;
    private long _queued;
    private bool _holdsBuffer;
    private bool _inputEnded;
    private TRequest? _current;
    private int _currentSize;
    private int _unflushedBytes;
    private int _unflushedMessages;

    internal GrpcServerStream(GrpcServerCall call, PipeReader reader, PipeWriter writer, GrpcDecompression decompression, MessageLimits limits)
    {
        _call = call;
        _reader = reader;
        _writer = writer;
        _decompression = decompression;
        _limits = limits;
    }

    internal override TRequest Current => _current ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => _currentSize;

    public override long QueuedBytes => Volatile.Read(ref _queued);

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
        => TryReadMessage(cancellationToken) ? new(true) : FillAsync(cancellationToken);

    internal override ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int size;
        try
        {
            size = GrpcMessageWriter.Write(message, _writer, _call.SendsGzip);
        }
        catch (ThriftProtocolException error)
        {
            throw ThriftProtocolException.UnsentResponse(error);
        }

        // Only what could be encoded begins the response: an error before that is still answered with a status alone.
        _call.WriteHeaders(headers);
        _unflushedBytes += size;
        _unflushedMessages++;
        if (_unflushedBytes < MaxUnflushedBytes && _unflushedMessages < MaxUnflushedMessages)
        {
            return new(size);
        }

        _unflushedBytes = _unflushedMessages = 0;
        var flush = _writer.FlushAsync(CancellationToken.None);
        return flush.IsCompletedSuccessfully ? new(Flushed(flush.Result, size)) : AwaitFlushAsync(flush, size, cancellationToken);
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushedMessages == 0)
        {
            return default;
        }

        _unflushedBytes = _unflushedMessages = 0;
        var flush = _writer.FlushAsync(CancellationToken.None);
        if (flush.IsCompletedSuccessfully)
        {
            _ = Flushed(flush.Result, 0);
            return default;
        }

        return new(AwaitFlushAsync(flush, 0, cancellationToken).AsTask());
    }

    private bool TryReadMessage(CancellationToken cancellationToken)
    {
        if (_received.Length < GrpcFrame.PrefixLength)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[GrpcFrame.PrefixLength];
        _received.Slice(0, GrpcFrame.PrefixLength).CopyTo(prefix);
        var length = GrpcFrame.ReadPrefix(prefix, _limits, out var compressed);
        if (_received.Length < GrpcFrame.PrefixLength + length)
        {
            return false;
        }

        if (!_decompression.IsKnown)
        {
            throw new ThriftStatusException(ThriftStatusCode.Internal, $"The compression \"{_decompression.Name}\" is not supported. gzip is.");
        }

        if (compressed)
        {
            // The framing is wrong, whatever the message is.
            _decompression.CheckNamed();
        }

        var body = _received.Slice(GrpcFrame.PrefixLength, length);
        try
        {
            using var inflated = compressed ? GrpcMessageReader.Inflate(body, _decompression, _limits) : null;
            (_current, _currentSize) = inflated is null
                ? (_limits.Decode<TRequest>(body, ThriftProtocol.Binary, cancellationToken), length)
                : (_limits.Decode<TRequest>(inflated.WrittenSpan, ThriftProtocol.Binary, cancellationToken), inflated.Length);
        }
        catch (ThriftProtocolException error) when (!error.IsOverLimit)
        {
            _call.HasBadMessage = true;
            throw;
        }

        _received = _received.Slice(body.End);
        Volatile.Write(ref _queued, _queued - GrpcFrame.PrefixLength - length);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        while (!_inputEnded)
        {
            _call.Hold(_received.Length);
            ReadResult result;
            try
            {
                // Advancing fails as reading does when the caller has reset the stream meanwhile.
                if (_holdsBuffer)
                {
                    _holdsBuffer = false;
                    _reader.AdvanceTo(_received.Start, _received.End);
                    _received = default;
                }

                result = await _reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
            {
                throw _call.CallerGone(error);
            }

            if (result.IsCanceled)
            {
                throw _call.CallerGone();
            }

            _received = result.Buffer;
            Volatile.Write(ref _queued, _received.Length);
            _holdsBuffer = true;
            _inputEnded = result.IsCompleted;
            if (TryReadMessage(cancellationToken))
            {
                return true;
            }
        }

        // The end of the input may have come together with several messages.
        if (TryReadMessage(cancellationToken))
        {
            return true;
        }

        return _received.IsEmpty ? false : throw new ThriftProtocolException("The request ended within a message: unexpected EOF.");
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitFlushAsync(ValueTask<FlushResult> flush, int size, CancellationToken cancellationToken)
    {
        // The token is not given to Kestrel, which would make of a cancelled flush an internal error of this server.
        var flushing = flush.AsTask();
        try
        {
            return Flushed(await flushing.WaitAsync(cancellationToken).ConfigureAwait(false), size);
        }
        catch (OperationCanceledException) when (!flushing.IsCompleted)
        {
            // The bytes stay where they are until the caller makes room, and no status can be sent after them.
            _call.IsStuck = true;
            flushing.DropFailure();
            throw;
        }
    }

    private int Flushed(FlushResult result, int size)
        => result.IsCompleted || result.IsCanceled ? throw _call.CallerGone() : size;
}
