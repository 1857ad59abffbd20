using Rx.ThriftStreams.Serialization;
using Thrift.Protocol;
using Thrift.Protocol.Entities;

namespace Rx.ThriftStreams.Apache;

/// <summary>Plays a message in Binary into an Apache protocol.</summary>
/// <param name="message">The message.</param>
/// <param name="binaries">The positions of those strings that are binaries, in order: JSON writes them differently.</param>
/// <param name="protocol">Where to write.</param>
internal sealed class ToApache(ReadOnlyMemory<byte> message, Queue<int> binaries, TProtocol protocol)
{
    private const int MaxDepth = 64;

    // The message's names are not on the wire; protocols that print them get nothing.
    private static readonly TStruct NoName = new("");

    private int _position;
    private int _depth;

    public async Task WriteStructAsync(CancellationToken cancellationToken)
    {
        Enter();
        await protocol.WriteStructBeginAsync(NoName, cancellationToken).ConfigureAwait(false);
        while (TryReadFieldHeader(out ThriftType type, out short id))
        {
            await protocol.WriteFieldBeginAsync(new TField("", (TType)type, id), cancellationToken).ConfigureAwait(false);
            await WriteValueAsync(type, cancellationToken).ConfigureAwait(false);
            await protocol.WriteFieldEndAsync(cancellationToken).ConfigureAwait(false);
        }

        await protocol.WriteFieldStopAsync(cancellationToken).ConfigureAwait(false);
        await protocol.WriteStructEndAsync(cancellationToken).ConfigureAwait(false);
        _depth--;
    }

    private Task WriteValueAsync(ThriftType type, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case ThriftType.Struct: return WriteStructAsync(cancellationToken);
            case ThriftType.Map: return WriteMapAsync(cancellationToken);
            case ThriftType.Set or ThriftType.List: return WriteListAsync(type, cancellationToken);
            case ThriftType.String when binaries.TryPeek(out int next) && next == _position:
                binaries.Dequeue();
                var binary = Reader();
                return protocol.WriteBinaryAsync(Done(binary.ReadBinary(), binary.Consumed), cancellationToken);
        }

        var reader = Reader();
        return type switch
        {
            ThriftType.Bool => protocol.WriteBoolAsync(Done(reader.ReadBool(), reader.Consumed), cancellationToken),
            ThriftType.Byte => protocol.WriteByteAsync(Done(reader.ReadByte(), reader.Consumed), cancellationToken),
            ThriftType.I16 => protocol.WriteI16Async(Done(reader.ReadI16(), reader.Consumed), cancellationToken),
            ThriftType.I32 => protocol.WriteI32Async(Done(reader.ReadI32(), reader.Consumed), cancellationToken),
            ThriftType.I64 => protocol.WriteI64Async(Done(reader.ReadI64(), reader.Consumed), cancellationToken),
            ThriftType.Double => protocol.WriteDoubleAsync(Done(reader.ReadDouble(), reader.Consumed), cancellationToken),
            ThriftType.String => protocol.WriteStringAsync(Done(reader.ReadString(), reader.Consumed), cancellationToken),
            ThriftType.Uuid => protocol.WriteUuidAsync(Done(reader.ReadUuid(), reader.Consumed), cancellationToken),
            _ => throw new ThriftProtocolException($"{(int)type} is not a Thrift type (at byte {_position}).", _position),
        };
    }

    private async Task WriteListAsync(ThriftType type, CancellationToken cancellationToken)
    {
        Enter();
        int count = ReadListHeader(out ThriftType element);
        if (type == ThriftType.Set)
        {
            await protocol.WriteSetBeginAsync(new TSet((TType)element, count), cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await protocol.WriteListBeginAsync(new TList((TType)element, count), cancellationToken).ConfigureAwait(false);
        }

        for (; count > 0; count--)
        {
            await WriteValueAsync(element, cancellationToken).ConfigureAwait(false);
        }

        await (type == ThriftType.Set ? protocol.WriteSetEndAsync(cancellationToken) : protocol.WriteListEndAsync(cancellationToken)).ConfigureAwait(false);
        _depth--;
    }

    private async Task WriteMapAsync(CancellationToken cancellationToken)
    {
        Enter();
        int count = ReadMapHeader(out ThriftType key, out ThriftType value);
        await protocol.WriteMapBeginAsync(new TMap((TType)key, (TType)value, count), cancellationToken).ConfigureAwait(false);
        for (; count > 0; count--)
        {
            await WriteValueAsync(key, cancellationToken).ConfigureAwait(false);
            await WriteValueAsync(value, cancellationToken).ConfigureAwait(false);
        }

        await protocol.WriteMapEndAsync(cancellationToken).ConfigureAwait(false);
        _depth--;
    }

    private bool TryReadFieldHeader(out ThriftType type, out short id)
    {
        var reader = Reader();
        return Done(reader.ReadFieldHeader(out type, out id), reader.Consumed);
    }

    private int ReadListHeader(out ThriftType element)
    {
        var reader = Reader();
        return Done(reader.ReadListHeader(out element), reader.Consumed);
    }

    private int ReadMapHeader(out ThriftType key, out ThriftType value)
    {
        var reader = Reader();
        return Done(reader.ReadMapHeader(out key, out value), reader.Consumed);
    }

    // A reader cannot live across an await, so each step creates its own.
    private ThriftReader Reader() => new(message.Span[_position..]);

    private T Done<T>(T value, int consumed)
    {
        _position += consumed;
        return value;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw new ThriftProtocolException($"The value is nested deeper than {MaxDepth} levels (at byte {_position}).", _position);
        }
    }
}
