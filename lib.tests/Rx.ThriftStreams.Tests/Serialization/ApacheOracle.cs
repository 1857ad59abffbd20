using Rx.ThriftStreams.Serialization;
using Thrift;
using Thrift.Protocol;
using Thrift.Protocol.Entities;
using Thrift.Transport;
using Thrift.Transport.Client;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Dynamic values through Apache Thrift's protocols: the judge of what the bytes must be.</summary>
internal static class ApacheOracle
{
    public static TProtocol Create(TTransport transport, ThriftProtocol protocol)
        => protocol switch
        {
            ThriftProtocol.Binary => new TBinaryProtocol(transport),
            ThriftProtocol.Compact => new TCompactProtocol(transport),
            _ => new TJsonProtocol(transport),
        };

    public static byte[] Write(Dynamic value, ThriftProtocol protocol)
    {
        using var transport = new TMemoryBufferTransport(new TConfiguration());
        WriteValueAsync(Create(transport, protocol), value).GetAwaiter().GetResult();
        return transport.GetBuffer().AsSpan(0, transport.Length).ToArray();
    }

    public static Dynamic Read(byte[] bytes, ThriftProtocol protocol)
    {
        using var transport = new TMemoryBufferTransport(bytes, new TConfiguration());
        return ReadValueAsync(Create(transport, protocol), ThriftType.Struct).GetAwaiter().GetResult();
    }

    private static async Task WriteValueAsync(TProtocol protocol, Dynamic value)
    {
        switch (value)
        {
            case Dynamic.Scalar { Value: bool v }: await protocol.WriteBoolAsync(v, default); break;
            case Dynamic.Scalar { Value: sbyte v }: await protocol.WriteByteAsync(v, default); break;
            case Dynamic.Scalar { Value: short v }: await protocol.WriteI16Async(v, default); break;
            case Dynamic.Scalar { Value: int v }: await protocol.WriteI32Async(v, default); break;
            case Dynamic.Scalar { Value: long v }: await protocol.WriteI64Async(v, default); break;
            case Dynamic.Scalar { Value: double v }: await protocol.WriteDoubleAsync(v, default); break;
            case Dynamic.Scalar { Value: Guid v }: await protocol.WriteUuidAsync(v, default); break;
            case Dynamic.Text { Value: var v }: await protocol.WriteBinaryAsync(v, default); break;
            case Dynamic.Struct s:
                await protocol.WriteStructBeginAsync(new TStruct(""), default);
                foreach ((short id, Dynamic field) in s.Fields)
                {
                    await protocol.WriteFieldBeginAsync(new TField("", (TType)field.Type, id), default);
                    await WriteValueAsync(protocol, field);
                    await protocol.WriteFieldEndAsync(default);
                }

                await protocol.WriteFieldStopAsync(default);
                await protocol.WriteStructEndAsync(default);
                break;
            case Dynamic.Sequence s:
                await (s.Type == ThriftType.Set
                    ? protocol.WriteSetBeginAsync(new TSet((TType)s.Element, s.Items.Count), default)
                    : protocol.WriteListBeginAsync(new TList((TType)s.Element, s.Items.Count), default));
                foreach (Dynamic item in s.Items)
                {
                    await WriteValueAsync(protocol, item);
                }

                await (s.Type == ThriftType.Set ? protocol.WriteSetEndAsync(default) : protocol.WriteListEndAsync(default));
                break;
            case Dynamic.Map m:
                await protocol.WriteMapBeginAsync(new TMap((TType)m.Key, (TType)m.Value, m.Pairs.Count), default);
                foreach ((Dynamic key, Dynamic item) in m.Pairs)
                {
                    await WriteValueAsync(protocol, key);
                    await WriteValueAsync(protocol, item);
                }

                await protocol.WriteMapEndAsync(default);
                break;
        }
    }

    private static async Task<Dynamic> ReadValueAsync(TProtocol protocol, ThriftType type)
    {
        switch (type)
        {
            case ThriftType.Bool: return new Dynamic.Scalar(type, await protocol.ReadBoolAsync(default));
            case ThriftType.Byte: return new Dynamic.Scalar(type, await protocol.ReadByteAsync(default));
            case ThriftType.I16: return new Dynamic.Scalar(type, await protocol.ReadI16Async(default));
            case ThriftType.I32: return new Dynamic.Scalar(type, await protocol.ReadI32Async(default));
            case ThriftType.I64: return new Dynamic.Scalar(type, await protocol.ReadI64Async(default));
            case ThriftType.Double: return new Dynamic.Scalar(type, await protocol.ReadDoubleAsync(default));
            case ThriftType.Uuid: return new Dynamic.Scalar(type, await protocol.ReadUuidAsync(default));
            case ThriftType.String: return new Dynamic.Text(await protocol.ReadBinaryAsync(default));
            case ThriftType.Struct:
                var fields = new List<(short, Dynamic)>();
                await protocol.ReadStructBeginAsync(default);
                while (await protocol.ReadFieldBeginAsync(default) is { Type: not TType.Stop } field)
                {
                    fields.Add((field.ID, await ReadValueAsync(protocol, (ThriftType)field.Type)));
                    await protocol.ReadFieldEndAsync(default);
                }

                await protocol.ReadStructEndAsync(default);
                return new Dynamic.Struct(fields);
            case ThriftType.Map:
                TMap map = await protocol.ReadMapBeginAsync(default);
                var pairs = new List<(Dynamic, Dynamic)>();
                for (int i = 0; i < map.Count; i++)
                {
                    Dynamic key = await ReadValueAsync(protocol, (ThriftType)map.KeyType);
                    pairs.Add((key, await ReadValueAsync(protocol, (ThriftType)map.ValueType)));
                }

                await protocol.ReadMapEndAsync(default);
                return new Dynamic.Map((ThriftType)map.KeyType, (ThriftType)map.ValueType, pairs);
            case ThriftType.Set:
                TSet set = await protocol.ReadSetBeginAsync(default);
                var members = await ReadItemsAsync(protocol, (ThriftType)set.ElementType, set.Count);
                await protocol.ReadSetEndAsync(default);
                return new Dynamic.Sequence(type, (ThriftType)set.ElementType, members);
            default:
                TList list = await protocol.ReadListBeginAsync(default);
                var items = await ReadItemsAsync(protocol, (ThriftType)list.ElementType, list.Count);
                await protocol.ReadListEndAsync(default);
                return new Dynamic.Sequence(type, (ThriftType)list.ElementType, items);
        }
    }

    private static async Task<List<Dynamic>> ReadItemsAsync(TProtocol protocol, ThriftType element, int count)
    {
        var items = new List<Dynamic>();
        for (int i = 0; i < count; i++)
        {
            items.Add(await ReadValueAsync(protocol, element));
        }

        return items;
    }
}
