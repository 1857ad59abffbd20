using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Interop;

/// <summary>The same struct as <see cref="ApacheNote"/> as a type of this library.</summary>
internal sealed class Note : IThriftStruct<Note>
{
    public string? Text { get; set; }
    public int Number { get; set; }
    public byte[] Data { get; set; } = [];
    public List<bool> Flags { get; set; } = [];
    public long Id { get; set; }

    public static Note Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var note = new Note();
        reader.BeginStruct();
        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            switch (id, type)
            {
                case (1, ThriftType.String): note.Text = reader.ReadString(); break;
                case (2, ThriftType.I32): note.Number = reader.ReadI32(); break;
                case (3, ThriftType.String): note.Data = reader.ReadBinary(); break;
                case (4, ThriftType.List):
                    for (int count = reader.ReadListHeader(ThriftType.Bool); count > 0; count--)
                    {
                        note.Flags.Add(reader.ReadBool());
                    }

                    break;
                case (5, ThriftType.I64): note.Id = reader.ReadI64(); break;
                default: reader.Skip(type); break;
            }
        }

        reader.EndStruct();
        return note;
    }

    public void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        writer.BeginStruct();
        writer.WriteStringField(1, Text ?? "");
        writer.WriteI32Field(2, Number);
        writer.WriteBinaryField(3, Data);
        writer.WriteFieldHeader(ThriftType.List, 4);
        writer.WriteListHeader(ThriftType.Bool, Flags.Count);
        foreach (bool flag in Flags)
        {
            writer.WriteBool(flag);
        }

        writer.WriteI64Field(5, Id);
        writer.EndStruct();
    }
}
