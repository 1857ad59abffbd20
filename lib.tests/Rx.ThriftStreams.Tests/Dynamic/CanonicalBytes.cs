using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Dynamic;

/// <summary>A struct in the Binary protocol with the pairs of maps in the order of their bytes.</summary>
internal static class CanonicalBytes
{
    public static string Of(ReadOnlySpan<byte> message)
    {
        var reader = new ThriftReader(message);
        var hex = Struct(ref reader);
        Assert.Equal(message.Length, reader.Consumed);
        return hex;
    }

    private static string Struct(ref ThriftReader reader)
    {
        var hex = "";
        while (reader.ReadFieldHeader(out var type, out var id))
        {
            hex += $"{(byte)type:x2}{(ushort)id:x4}{Value(ref reader, type)}";
        }

        return hex + "00";
    }

    private static string Value(ref ThriftReader reader, ThriftType type)
    {
        switch (type)
        {
            case ThriftType.Struct:
                return Struct(ref reader);

            case ThriftType.Map:
                var count = reader.ReadMapHeader(out var key, out var value);
                var pairs = new List<string>();
                for (var i = 0; i < count; i++)
                {
                    pairs.Add(Value(ref reader, key) + Value(ref reader, value));
                }

                return $"{(byte)key:x2}{(byte)value:x2}{count:x8}{string.Concat(pairs.Order(StringComparer.Ordinal))}";

            case ThriftType.List or ThriftType.Set:
                var elements = reader.ReadListHeader(out var element);
                var hex = $"{(byte)element:x2}{elements:x8}";
                for (var i = 0; i < elements; i++)
                {
                    hex += Value(ref reader, element);
                }

                return hex;

            default:
                var start = reader.Consumed;
                reader.Skip(type);
                return Convert.ToHexStringLower(reader.ConsumedSince(start));
        }
    }
}
