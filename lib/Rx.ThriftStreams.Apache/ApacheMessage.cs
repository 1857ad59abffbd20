using Rx.ThriftStreams.Serialization;
using Thrift;
using Thrift.Protocol;
using Thrift.Transport.Client;

namespace Rx.ThriftStreams.Apache;

/// <summary>Makes a type that Apache Thrift's compiler generated a message of this library, so that it can be streamed and called like any other.</summary>
/// <typeparam name="T">The Apache-generated struct, union or exception.</typeparam>
/// <remarks>
/// It is written and read through Apache's own code, in memory and in Binary, whatever the protocol outside: it costs what
/// Apache's code costs. Strings that are not UTF-8 become what Apache makes of them.
/// </remarks>
public sealed class ApacheMessage<T> : IThriftStruct<ApacheMessage<T>>
    where T : TBase, new()
{
    /// <summary>Wraps a value.</summary>
    public ApacheMessage(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Value = value;
    }

    /// <summary>The Apache-generated value.</summary>
    public T Value { get; }

    /// <inheritdoc/>
    static ApacheMessage<T> IThriftStruct<ApacheMessage<T>>.Read<TReader>(ref TReader reader)
    {
        using var buffer = new ThriftWriteBuffer();
        var writer = new ThriftWriter(buffer);
        ThriftTranscoder.CopyStruct(ref reader, ref writer);
        writer.Flush();

        var value = new T();
        try
        {
            using var transport = new TMemoryBufferTransport(buffer.WrittenSpan.ToArray(), Unlimited());
            using var protocol = Protocol(transport, typeof(TReader) == typeof(ThriftJsonReader));
            Completed(value.ReadAsync(protocol));
        }
        catch (TException error)
        {
            throw new ThriftProtocolException($"{typeof(T).Name} does not accept the message: {error.Message}", innerException: error);
        }

        return new ApacheMessage<T>(value);
    }

    /// <inheritdoc/>
    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        using var transport = new TMemoryBufferTransport(Unlimited());
        try
        {
            using var protocol = Protocol(transport, typeof(TWriter) == typeof(ThriftJsonWriter));
            Completed(Value.WriteAsync(protocol));
            var reader = new ThriftReader(transport.GetBuffer().AsSpan(0, transport.Length));
            ThriftTranscoder.CopyStruct(ref reader, ref writer);
        }
        catch (TException error)
        {
            throw new ThriftProtocolException($"{typeof(T).Name} cannot be written: {error.Message}", innerException: error);
        }
    }

    // The bytes are here already and were checked, so Apache's own limits would only be in the way.
    private static TConfiguration Unlimited() => new() { MaxMessageSize = int.MaxValue, MaxFrameSize = int.MaxValue };

    private static TBinaryProtocol Protocol(TMemoryBufferTransport transport, bool isJson) => isJson ? new Base64BinaryProtocol(transport) : new TBinaryProtocol(transport);

    private static void Completed(Task task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException(
                $"{typeof(T).Name} awaits something other than its protocol, but a message is read and written synchronously. Remove the custom code from the generated type.");
        }

#pragma warning disable RS0030 // The task is completed; this throws its exception.
        task.GetAwaiter().GetResult();
#pragma warning restore RS0030
    }
}
