using MemoryPack;
using MessagePack;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary><c>struct Item { 1: i64 id, 2: string name, 3: double price, 4: i32 quantity, 5: bool active }</c></summary>
[MemoryPackable]
[MessagePackObject]
public sealed partial class Item : IThriftStruct<Item>
{
    [Key(0)]
    public long Id { get; set; }

    [Key(1)]
    public string Name { get; set; } = "";

    [Key(2)]
    public double Price { get; set; }

    [Key(3)]
    public int Quantity { get; set; }

    [Key(4)]
    public bool Active { get; set; }

    public static Item Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new Item();
        reader.BeginStruct();
        if (reader.TryReadFieldHeader(ThriftType.I64, 1))
        {
            value.Id = reader.ReadI64();
        }

        if (reader.TryReadFieldHeader(ThriftType.String, 2))
        {
            value.Name = reader.ReadString();
        }

        if (reader.TryReadFieldHeader(ThriftType.Double, 3))
        {
            value.Price = reader.ReadDouble();
        }

        if (reader.TryReadFieldHeader(ThriftType.I32, 4))
        {
            value.Quantity = reader.ReadI32();
        }

        if (reader.TryReadFieldHeader(ThriftType.Bool, 5))
        {
            value.Active = reader.ReadBool();
        }

        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            switch (((uint)type << 16) | (ushort)id)
            {
                case ((uint)ThriftType.I64 << 16) | 1: value.Id = reader.ReadI64(); break;
                case ((uint)ThriftType.String << 16) | 2: value.Name = reader.ReadString(); break;
                case ((uint)ThriftType.Double << 16) | 3: value.Price = reader.ReadDouble(); break;
                case ((uint)ThriftType.I32 << 16) | 4: value.Quantity = reader.ReadI32(); break;
                case ((uint)ThriftType.Bool << 16) | 5: value.Active = reader.ReadBool(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return value;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteI64Field(1, Id);
        writer.WriteStringField(2, Name);
        writer.WriteDoubleField(3, Price);
        writer.WriteI32Field(4, Quantity);
        writer.WriteBoolField(5, Active);
        writer.EndStruct();
    }
}
