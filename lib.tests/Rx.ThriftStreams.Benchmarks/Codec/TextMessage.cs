using MemoryPack;
using MessagePack;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary><c>struct TextMessage { 1: string text }</c></summary>
[MemoryPackable]
[MessagePackObject]
public sealed partial class TextMessage : IThriftStruct<TextMessage>
{
    [Key(0)]
    public string Text { get; set; } = "";

    public static TextMessage Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct
    {
        var value = new TextMessage();
        reader.BeginStruct();
        if (reader.TryReadFieldHeader(ThriftType.String, 1))
        {
            value.Text = reader.ReadString();
        }

        while (reader.ReadFieldHeader(out ThriftType type, out short id))
        {
            switch (((uint)type << 16) | (ushort)id)
            {
                case ((uint)ThriftType.String << 16) | 1: value.Text = reader.ReadString(); break;
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
        writer.WriteStringField(1, Text);
        writer.EndStruct();
    }
}
