using System.Buffers;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The messages of one outer message of <see cref="ReframingStream"/>, decoded.</summary>
internal sealed class GrpcBatch<T>
    where T : class, IThriftStruct<T>
{
    private readonly List<(T Message, int Size)> _messages;
    private int _next;

    private GrpcBatch(List<(T, int)> messages, ThriftProtocolException? error)
    {
        _messages = messages;
        Error = error;
    }

    /// <summary>What was wrong with the message behind those that could be decoded.</summary>
    internal ThriftProtocolException? Error { get; }

    internal bool TryTake(out T? message, out int size)
    {
        if (_next == _messages.Count)
        {
            (message, size) = (null, 0);
            return false;
        }

        (message, size) = _messages[_next];

        // A message that was handed out belongs to its user alone.
        _messages[_next++] = default;
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
        var messages = new List<(T, int)>();
        while (!body.IsEmpty)
        {
            var length = GrpcFrame.ReadPrefix(body, int.MaxValue, out _);
            try
            {
                var reader = new ThriftReader(body.Slice(GrpcFrame.PrefixLength, length));
                messages.Add((T.Read(ref reader), length));
            }
            catch (ThriftProtocolException error)
            {
                return new(messages, error);
            }

            body = body[(GrpcFrame.PrefixLength + length)..];
        }

        return new(messages, null);
    }
}
