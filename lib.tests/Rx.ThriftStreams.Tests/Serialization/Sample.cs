using System.Runtime.InteropServices;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>A message with a field of every kind, written by hand in the shape that the compiler emits.</summary>
internal sealed class Sample : IThriftStruct<Sample>
{
    public bool Flag { get; set; }
    public sbyte Small { get; set; }
    public short Short { get; set; }
    public int Int { get; set; }
    public long Long { get; set; }
    public double Double { get; set; }
    public string Text { get; set; } = "";
    public byte[] Bytes { get; set; } = [];
    public Guid Uuid { get; set; }
    public List<long> Longs { get; set; } = [];
    public List<string> Names { get; set; } = [];
    public HashSet<int> Ids { get; set; } = [];
    public Dictionary<string, Sample> Children { get; set; } = [];
    public Sample? Child { get; set; }
    public List<bool> Flags { get; set; } = [];
    public List<double> Doubles { get; set; } = [];
    public List<int> Ints { get; set; } = [];
    public List<short> Shorts { get; set; } = [];

    public static Sample Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new Sample();
        reader.BeginStruct();
        if (reader.TryReadFieldHeader(ThriftType.Bool, 1))
        {
            value.Flag = reader.ReadBool();
        }

        if (reader.TryReadFieldHeader(ThriftType.Byte, 2))
        {
            value.Small = reader.ReadByte();
        }

        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            switch (((int)type << 16) | (ushort)id)
            {
                case ((int)ThriftType.Bool << 16) | 1: value.Flag = reader.ReadBool(); break;
                case ((int)ThriftType.Byte << 16) | 2: value.Small = reader.ReadByte(); break;
                case ((int)ThriftType.I16 << 16) | 3: value.Short = reader.ReadI16(); break;
                case ((int)ThriftType.I32 << 16) | 4: value.Int = reader.ReadI32(); break;
                case ((int)ThriftType.I64 << 16) | 5: value.Long = reader.ReadI64(); break;
                case ((int)ThriftType.Double << 16) | 6: value.Double = reader.ReadDouble(); break;
                case ((int)ThriftType.String << 16) | 7: value.Text = reader.ReadString(); break;
                case ((int)ThriftType.String << 16) | 8: value.Bytes = reader.ReadBinary(); break;
                case ((int)ThriftType.Uuid << 16) | 9: value.Uuid = reader.ReadUuid(); break;
                case ((int)ThriftType.List << 16) | 10:
                    value.Longs = Fill<long>(reader.ReadListHeader(ThriftType.I64));
                    reader.ReadI64Elements(CollectionsMarshal.AsSpan(value.Longs));
                    break;
                case ((int)ThriftType.List << 16) | 11:
                    for (int count = reader.ReadListHeader(ThriftType.String); count > 0; count--)
                    {
                        value.Names.Add(reader.ReadString());
                    }

                    break;
                case ((int)ThriftType.Set << 16) | 12:
                    for (int count = reader.ReadSetHeader(ThriftType.I32); count > 0; count--)
                    {
                        value.Ids.Add(reader.ReadI32());
                    }

                    break;
                case ((int)ThriftType.Map << 16) | 13:
                    for (int count = reader.ReadMapHeader(ThriftType.String, ThriftType.Struct); count > 0; count--)
                    {
                        value.Children[reader.ReadString()] = Read(ref reader);
                    }

                    break;
                case ((int)ThriftType.Struct << 16) | 14: value.Child = reader.TryReadEmptyStruct() ? null : Read(ref reader); break;
                case ((int)ThriftType.List << 16) | 15:
                    for (int count = reader.ReadListHeader(ThriftType.Bool); count > 0; count--)
                    {
                        value.Flags.Add(reader.ReadBool());
                    }

                    break;
                case ((int)ThriftType.List << 16) | 300:
                    value.Doubles = Fill<double>(reader.ReadListHeader(ThriftType.Double));
                    reader.ReadDoubleElements(CollectionsMarshal.AsSpan(value.Doubles));
                    break;
                case ((int)ThriftType.List << 16) | (ushort)(-1 & 0xFFFF):
                    value.Ints = Fill<int>(reader.ReadListHeader(ThriftType.I32));
                    reader.ReadI32Elements(CollectionsMarshal.AsSpan(value.Ints));
                    break;
                case ((int)ThriftType.List << 16) | 301:
                    value.Shorts = Fill<short>(reader.ReadListHeader(ThriftType.I16));
                    reader.ReadI16Elements(CollectionsMarshal.AsSpan(value.Shorts));
                    break;
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
        writer.WriteBoolField(1, Flag);
        writer.WriteByteField(2, Small);
        writer.WriteI16Field(3, Short);
        writer.WriteI32Field(4, Int);
        writer.WriteI64Field(5, Long);
        writer.WriteDoubleField(6, Double);
        writer.WriteStringField(7, Text);
        writer.WriteBinaryField(8, Bytes);
        writer.WriteUuidField(9, Uuid);
        writer.WriteFieldHeader(ThriftType.List, 10);
        writer.WriteListHeader(ThriftType.I64, Longs.Count);
        writer.WriteI64Elements(CollectionsMarshal.AsSpan(Longs));
        writer.WriteFieldHeader(ThriftType.List, 11);
        writer.WriteListHeader(ThriftType.String, Names.Count);
        foreach (string name in Names)
        {
            writer.WriteString(name);
        }

        writer.WriteFieldHeader(ThriftType.Set, 12);
        writer.WriteSetHeader(ThriftType.I32, Ids.Count);
        foreach (int id in Ids)
        {
            writer.WriteI32(id);
        }

        writer.WriteFieldHeader(ThriftType.Map, 13);
        writer.WriteMapHeader(ThriftType.String, ThriftType.Struct, Children.Count);
        foreach ((string key, Sample child) in Children)
        {
            writer.WriteString(key);
            child.Write(ref writer);
        }

        if (Child is not null)
        {
            writer.WriteFieldHeader(ThriftType.Struct, 14);
            Child.Write(ref writer);
        }

        writer.WriteFieldHeader(ThriftType.List, 15);
        writer.WriteListHeader(ThriftType.Bool, Flags.Count);
        foreach (bool flag in Flags)
        {
            writer.WriteBool(flag);
        }

        writer.WriteFieldHeader(ThriftType.List, 300);
        writer.WriteListHeader(ThriftType.Double, Doubles.Count);
        writer.WriteDoubleElements(CollectionsMarshal.AsSpan(Doubles));
        writer.WriteFieldHeader(ThriftType.List, -1);
        writer.WriteListHeader(ThriftType.I32, Ints.Count);
        writer.WriteI32Elements(CollectionsMarshal.AsSpan(Ints));
        writer.WriteFieldHeader(ThriftType.List, 301);
        writer.WriteListHeader(ThriftType.I16, Shorts.Count);
        writer.WriteI16Elements(CollectionsMarshal.AsSpan(Shorts));
        writer.EndStruct();
    }

    public static Sample Full() => new()
    {
        Flag = true,
        Small = -7,
        Short = short.MinValue,
        Int = int.MaxValue,
        Long = long.MinValue,
        Double = Math.PI,
        Text = "grüße, 世界 🎈",
        Bytes = [0, 255, 128],
        Uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"),
        Longs = [0, 1, -1, long.MaxValue, long.MinValue, 300],
        Names = ["", "a", new string('x', 200)],
        Ids = [5, -5, 0],
        Children = { ["left"] = new Sample { Int = 1 }, ["right"] = new Sample { Child = new Sample { Text = "deep" } } },
        Child = new Sample { Flags = [true, false, true] },
        Flags = [.. Enumerable.Range(0, 20).Select(i => i % 3 == 0)],
        Doubles = [0.0, double.NegativeInfinity, double.Epsilon],
        Ints = [1, -1, int.MinValue],
        Shorts = [1, -1, short.MinValue],
    };

    private static List<T> Fill<T>(int count)
    {
        var list = new List<T>(count);
        CollectionsMarshal.SetCount(list, count);
        return list;
    }
}
