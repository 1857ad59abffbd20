using System.Runtime.InteropServices;
using MemoryPack;
using MessagePack;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary><c>struct Document { 1: i64 id, 2: string title, 3: list&lt;Item&gt; items, 4: list&lt;i64&gt; samples, 5: map&lt;string, i32&gt; counts }</c></summary>
[MemoryPackable]
[MessagePackObject]
public sealed partial class Document : IThriftStruct<Document>
{
    [Key(0)]
    public long Id { get; set; }

    [Key(1)]
    public string Title { get; set; } = "";

    [Key(2)]
    public List<Item> Items { get; set; } = [];

    [Key(3)]
    public List<long> Samples { get; set; } = [];

    [Key(4)]
    public Dictionary<string, int> Counts { get; set; } = [];

    public static Document Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new Document();
        reader.BeginStruct();
        if (reader.TryReadFieldHeader(ThriftType.I64, 1))
        {
            value.Id = reader.ReadI64();
        }

        if (reader.TryReadFieldHeader(ThriftType.String, 2))
        {
            value.Title = reader.ReadString();
        }

        if (reader.TryReadFieldHeader(ThriftType.List, 3))
        {
            value.Items = ReadItems(ref reader);
        }

        if (reader.TryReadFieldHeader(ThriftType.List, 4))
        {
            value.Samples = ReadSamples(ref reader);
        }

        if (reader.TryReadFieldHeader(ThriftType.Map, 5))
        {
            value.Counts = ReadCounts(ref reader);
        }

        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            switch (((uint)type << 16) | (ushort)id)
            {
                case ((uint)ThriftType.I64 << 16) | 1: value.Id = reader.ReadI64(); break;
                case ((uint)ThriftType.String << 16) | 2: value.Title = reader.ReadString(); break;
                case ((uint)ThriftType.List << 16) | 3: value.Items = ReadItems(ref reader); break;
                case ((uint)ThriftType.List << 16) | 4: value.Samples = ReadSamples(ref reader); break;
                case ((uint)ThriftType.Map << 16) | 5: value.Counts = ReadCounts(ref reader); break;
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
        writer.WriteStringField(2, Title);
        writer.WriteFieldHeader(ThriftType.List, 3);
        writer.WriteListHeader(ThriftType.Struct, Items.Count);
        foreach (Item item in Items)
        {
            item.Write(ref writer);
        }

        writer.WriteFieldHeader(ThriftType.List, 4);
        writer.WriteListHeader(ThriftType.I64, Samples.Count);
        writer.WriteI64Elements(CollectionsMarshal.AsSpan(Samples));
        writer.WriteFieldHeader(ThriftType.Map, 5);
        writer.WriteMapHeader(ThriftType.String, ThriftType.I32, Counts.Count);
        foreach ((string key, int count) in Counts)
        {
            writer.WriteString(key);
            writer.WriteI32(count);
        }

        writer.EndStruct();
    }

    private static List<Item> ReadItems<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        int count = reader.ReadListHeader(ThriftType.Struct);
        var items = new List<Item>(count);
        for (int i = 0; i < count; i++)
        {
            items.Add(Item.Read(ref reader));
        }

        return items;
    }

    private static List<long> ReadSamples<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        int count = reader.ReadListHeader(ThriftType.I64);
        var samples = new List<long>(count);
        CollectionsMarshal.SetCount(samples, count);
        reader.ReadI64Elements(CollectionsMarshal.AsSpan(samples));
        return samples;
    }

    private static Dictionary<string, int> ReadCounts<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        int count = reader.ReadMapHeader(ThriftType.String, ThriftType.I32);
        var counts = new Dictionary<string, int>(count);
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadString();
            counts[key] = reader.ReadI32();
        }

        return counts;
    }
}
