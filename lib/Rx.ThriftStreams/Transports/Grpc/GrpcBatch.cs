using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The messages of one outer message of <see cref="ReframingStream"/>, decoded.</summary>
internal sealed class GrpcBatch<T>
    where T : class, IThriftStruct<T>
{
    // Most batches of a stream that waits for its peer hold one message; those of a busy one hold many.
    private T? _first;
    private int _firstSize;
    private List<(T Message, int Size)>? _others;
    private int _next;

    private GrpcBatch()
    {
    }

    /// <summary>What was wrong with the message behind those that could be decoded.</summary>
    internal ThriftProtocolException? Error { get; private set; }

    internal bool TryTake(out T? message, out int size)
    {
        // A message that was handed out belongs to its user alone.
        if (_first is not null)
        {
            (message, size) = (_first, _firstSize);
            _first = null;
            return true;
        }

        if (_others is null || _next == _others.Count)
        {
            (message, size) = (null, 0);
            return false;
        }

        (message, size) = _others[_next];
        _others[_next++] = default;
        return true;
    }

    internal static GrpcBatch<T> Read(in ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment)
        {
            return Read(body.FirstSpan);
        }

        var length = checked((int)body.Length);
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            return Read(rented.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static GrpcBatch<T> Read(ReadOnlySpan<byte> body)
    {
        var batch = new GrpcBatch<T>();
        while (!body.IsEmpty)
        {
            var length = GrpcFrame.ReadPrefix(body, int.MaxValue, out _);
            try
            {
                var reader = new ThriftReader(body.Slice(GrpcFrame.PrefixLength, length));
                batch.Add(T.Read(ref reader), length);
            }
            catch (ThriftProtocolException error)
            {
                batch.Error = error;
                return batch;
            }

            body = body[(GrpcFrame.PrefixLength + length)..];
        }

        return batch;
    }

    private void Add(T message, int size)
    {
        if (_first is null)
        {
            (_first, _firstSize) = (message, size);
        }
        else
        {
            (_others ??= []).Add((message, size));
        }
    }
}
