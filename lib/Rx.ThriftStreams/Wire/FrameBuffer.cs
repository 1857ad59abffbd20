using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Where a thread puts frames together before they are appended to a connection, so that no lock is held while something is encoded.</summary>
internal sealed class FrameBuffer : IPerThread
{
    private readonly TTHeaderBuilder _builder = new();

    internal ThriftWriteBuffer Bytes { get; } = new();

    /// <summary>Taken away while in use: what encodes a message may end a stream of its own.</summary>
    internal static FrameBuffer Rent() => PerThread<FrameBuffer>.Take();

    internal void Return() => PerThread<FrameBuffer>.Return(this);

    void IPerThread.Recycle(int largestKept)
    {
        Bytes.Recycle(largestKept);
        _builder.Recycle(largestKept);
    }

    /// <summary>Starts the header of a frame that has more than a template.</summary>
    internal TTHeaderBuilder Begin(TTHeaderFrameType type, int streamId, string method) => _builder.ResetStreaming(type, streamId, method);

    /// <summary>Appends the frame that was begun, without a payload.</summary>
    internal void End() => _builder.WriteTo(Bytes, 0);

    /// <summary>Appends the frame that was begun, with an error as its payload.</summary>
    internal void End(string method, int streamId, int type, string message)
    {
        _builder.WriteTo(Bytes, ApplicationExceptionCodec.GetMessageLength(method, message));
        ApplicationExceptionCodec.WriteMessage(Bytes, method, streamId, (ApplicationErrorType)type, message);
    }

    /// <summary>Appends a message as a DATA frame.</summary>
    /// <returns>The message's size in bytes.</returns>
    internal int AddData<T>(FrameTemplates templates, int streamId, T message)
        where T : IThriftStruct<T>
    {
        var header = templates.Data;
        var start = Bytes.Skip(header.Length);
        ThriftSerializer.Serialize(message, Bytes);
        var size = Bytes.Length - start - header.Length;
        header.WriteTo(Bytes.GetWrittenSpan(start, header.Length), streamId, size);
        return size;
    }
}
