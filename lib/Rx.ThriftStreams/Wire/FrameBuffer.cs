using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Wire;

/// <summary>A thread's buffer for assembling frames before they are appended to a connection, so that no lock is held during encoding.</summary>
internal sealed class FrameBuffer : IPerThread
{
    private readonly TTHeaderBuilder _builder = new();

    internal ThriftWriteBuffer Bytes { get; } = new();

    /// <summary>Takes the thread's buffer until it is returned: code that encodes a message may end another stream on the same thread, which needs its own buffer.</summary>
    internal static FrameBuffer Rent() => PerThread<FrameBuffer>.Take();

    internal void Return() => PerThread<FrameBuffer>.Return(this);

    void IPerThread.Recycle(int largestKept)
    {
        Bytes.Recycle(largestKept);
        _builder.Recycle(largestKept);
    }

    /// <summary>Starts the header of a frame that has pairs, which a template cannot hold.</summary>
    internal TTHeaderBuilder Begin(TTHeaderFrameType type, int streamId, string method) => _builder.ResetStreaming(type, streamId, method);

    /// <summary>Appends the frame that <see cref="Begin"/> started, without a payload.</summary>
    internal void End() => _builder.WriteTo(Bytes, 0);

    /// <summary>Appends the frame that <see cref="Begin"/> started, with an error as its payload.</summary>
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
