using Rx.ThriftStreams.Serialization;
using Thrift.Protocol;
using Thrift.Protocol.Entities;

namespace Rx.ThriftStreams.Apache;

/// <summary>Collects a message from an Apache protocol in Binary.</summary>
/// <param name="buffer">Where to write.</param>
/// <param name="protocol">Where to read.</param>
/// <param name="limits">How deep to go; counts are held against it as they come.</param>
/// <param name="text">Whether strings and binaries are both to be read as text.</param>
internal sealed class FromApache(ThriftWriteBuffer buffer, TProtocol protocol, ThriftReaderLimits limits, bool text)
{
    private int _depth;

    public async Task ReadStructAsync(CancellationToken cancellationToken)
    {
        Enter();
        await protocol.ReadStructBeginAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            TField field = await protocol.ReadFieldBeginAsync(cancellationToken).ConfigureAwait(false);
            if (field.Type == TType.Stop)
            {
                break;
            }

            Put((byte)field.Type);
            Put(field.ID);
            await ReadValueAsync((ThriftType)field.Type, cancellationToken).ConfigureAwait(false);
            await protocol.ReadFieldEndAsync(cancellationToken).ConfigureAwait(false);
        }

        Put((byte)ThriftType.Stop);
        await protocol.ReadStructEndAsync(cancellationToken).ConfigureAwait(false);
        _depth--;
    }

    private async ValueTask ReadValueAsync(ThriftType type, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case ThriftType.Bool: Put(await protocol.ReadBoolAsync(cancellationToken).ConfigureAwait(false) ? (byte)1 : (byte)0); break;
            case ThriftType.Byte: Put((byte)await protocol.ReadByteAsync(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.I16: Put(await protocol.ReadI16Async(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.I32: Put(await protocol.ReadI32Async(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.I64: Put(await protocol.ReadI64Async(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.Double: Put(await protocol.ReadDoubleAsync(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.String when text: Put(await protocol.ReadStringAsync(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.String: Put(await protocol.ReadBinaryAsync(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.Uuid: Put(await protocol.ReadUuidAsync(cancellationToken).ConfigureAwait(false)); break;
            case ThriftType.Struct: await ReadStructAsync(cancellationToken).ConfigureAwait(false); break;
            case ThriftType.Map: await ReadMapAsync(cancellationToken).ConfigureAwait(false); break;
            case ThriftType.Set or ThriftType.List: await ReadListAsync(type, cancellationToken).ConfigureAwait(false); break;
            default: throw new ThriftProtocolException($"{(int)type} is not a Thrift type.");
        }
    }

    private async Task ReadListAsync(ThriftType type, CancellationToken cancellationToken)
    {
        Enter();
        TType element;
        int count;
        if (type == ThriftType.Set)
        {
            TSet set = await protocol.ReadSetBeginAsync(cancellationToken).ConfigureAwait(false);
            (element, count) = (set.ElementType, set.Count);
        }
        else
        {
            TList list = await protocol.ReadListBeginAsync(cancellationToken).ConfigureAwait(false);
            (element, count) = (list.ElementType, list.Count);
        }

        Put((byte)element);
        PutCount(count);
        for (; count > 0; count--)
        {
            await ReadValueAsync((ThriftType)element, cancellationToken).ConfigureAwait(false);
        }

        await (type == ThriftType.Set ? protocol.ReadSetEndAsync(cancellationToken) : protocol.ReadListEndAsync(cancellationToken)).ConfigureAwait(false);
        _depth--;
    }

    private async Task ReadMapAsync(CancellationToken cancellationToken)
    {
        Enter();
        TMap map = await protocol.ReadMapBeginAsync(cancellationToken).ConfigureAwait(false);
        Put((byte)map.KeyType);
        Put((byte)map.ValueType);
        PutCount(map.Count);
        for (int count = map.Count; count > 0; count--)
        {
            await ReadValueAsync((ThriftType)map.KeyType, cancellationToken).ConfigureAwait(false);
            await ReadValueAsync((ThriftType)map.ValueType, cancellationToken).ConfigureAwait(false);
        }

        await protocol.ReadMapEndAsync(cancellationToken).ConfigureAwait(false);
        _depth--;
    }

    private void PutCount(int count)
    {
        if (count < 0 || count > limits.MaxContainerCount)
        {
            throw new ThriftProtocolException($"A container claims {count} elements; the limit {nameof(ThriftReaderLimits.MaxContainerCount)} is {limits.MaxContainerCount}.");
        }

        Put(count);
    }

    private void Put(byte value) => Reserve(1)[0] = value;

    private void Put(short value) => BigEndian.Write(ref Reserve(2)[0], (ushort)value);

    private void Put(int value) => BigEndian.Write(ref Reserve(4)[0], (uint)value);

    private void Put(long value) => BigEndian.Write(ref Reserve(8)[0], (ulong)value);

    private void Put(double value) => Put(BitConverter.DoubleToInt64Bits(value));

    private void Put(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    private void Put(string value)
    {
        var writer = new ThriftWriter(buffer);
        writer.WriteString(value);
        writer.Flush();
    }

    private void Put(byte[] value)
    {
        var writer = new ThriftWriter(buffer);
        writer.WriteBinary(value);
        writer.Flush();
    }

    private Span<byte> Reserve(int size) => buffer.GetWrittenSpan(buffer.Skip(size), size);

    private void Enter()
    {
        if (++_depth > limits.MaxDepth)
        {
            throw new ThriftProtocolException($"The message is nested deeper than the limit {nameof(ThriftReaderLimits.MaxDepth)} of {limits.MaxDepth}.");
        }
    }
}
