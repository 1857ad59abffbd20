using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Serialization;

/// <summary>Structs as their bytes in Binary: copied where the protocol is Binary, converted where it is another.</summary>
internal static class RawStruct
{
    /// <summary>A struct without fields.</summary>
    internal static readonly byte[] Empty = [(byte)ThriftType.Stop];

    /// <param name="reader">Reads the struct.</param>
    /// <param name="allowsVoid">Whether a field may be a <see cref="VoidResult"/>, which has no value.</param>
    internal static byte[] Read<TReader>(ref TReader reader, bool allowsVoid = false)
        where TReader : struct, IThriftReader, allows ref struct
    {
        if (typeof(TReader) == typeof(ThriftReader))
        {
            return Read(ref Unsafe.As<TReader, ThriftReader>(ref reader), allowsVoid);
        }

        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        var writer = new ThriftWriter(rented.Value);
        ThriftTranscoder.CopyStruct(ref reader, ref writer);
        writer.Flush();
        reader.ChargeMemory(MemoryCost.Binary(rented.Value.Length));
        return ReceivedBytes.Copy(rented.Value.WrittenSpan);
    }

    /// <summary>Writes bytes that are one struct.</summary>
    internal static void Write<TWriter>(ReadOnlySpan<byte> bytes, ref TWriter writer, IStringTypes? types = null)
        where TWriter : struct, IThriftWriter, allows ref struct
    {
        if (typeof(TWriter) == typeof(ThriftWriter))
        {
            Unsafe.As<TWriter, ThriftWriter>(ref writer).WriteRaw(bytes);
            return;
        }

        var reader = new ThriftReader(bytes);
        ThriftTranscoder.CopyStruct(ref reader, ref writer, types);
    }

    /// <exception cref="ThriftProtocolException">The bytes are not one struct.</exception>
    internal static void Check(ReadOnlySpan<byte> bytes)
    {
        var reader = new ThriftReader(bytes);
        reader.Skip(ThriftType.Struct);
        if (reader.Consumed != bytes.Length)
        {
            throw new ThriftProtocolException($"{bytes.Length - reader.Consumed} bytes follow the struct.", reader.Consumed);
        }
    }

    private static byte[] Read(ref ThriftReader reader, bool allowsVoid)
    {
        int start = reader.Consumed;
        if (allowsVoid)
        {
            SkipWithVoid(ref reader);
        }
        else
        {
            reader.Skip(ThriftType.Struct);
        }

        var bytes = reader.ConsumedSince(start);
        if (bytes.Length == Empty.Length)
        {
            return Empty;
        }

        reader.ChargeMemory(MemoryCost.Binary(bytes.Length));
        return ReceivedBytes.Copy(bytes);
    }

    private static void SkipWithVoid(ref ThriftReader reader)
    {
        reader.BeginStruct(memory: 0);
        while (reader.ReadFieldHeader(out var type, out _))
        {
            if (type != VoidResult.Type)
            {
                reader.Skip(type);
            }
        }

        reader.EndStruct();
    }
}
