using System.Globalization;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>A Thrift value without a schema: what is on the wire and nothing else. Two are equal if their texts are.</summary>
internal abstract record Dynamic(ThriftType Type)
{
    public abstract void AppendTo(StringBuilder text);

    public sealed override string ToString()
    {
        var text = new StringBuilder();
        AppendTo(text);
        return text.ToString();
    }

    /// <summary>A bool, number or uuid.</summary>
    public sealed record Scalar(ThriftType Type, object Value) : Dynamic(Type)
    {
        public override void AppendTo(StringBuilder text)
            => text.Append(Type).Append(':').Append(Value is double number
                ? BitConverter.DoubleToInt64Bits(number).ToString("x", CultureInfo.InvariantCulture)
                : Convert.ToString(Value, CultureInfo.InvariantCulture));
    }

    /// <summary>A string or binary.</summary>
    public sealed record Text(byte[] Value) : Dynamic(ThriftType.String)
    {
        public override void AppendTo(StringBuilder text) => text.Append('"').Append(Convert.ToHexString(Value)).Append('"');
    }

    public sealed record Struct(IReadOnlyList<(short Id, Dynamic Value)> Fields) : Dynamic(ThriftType.Struct)
    {
        public override void AppendTo(StringBuilder text)
        {
            text.Append('{');
            foreach ((short id, Dynamic value) in Fields)
            {
                text.Append(CultureInfo.InvariantCulture, $"{id}=");
                value.AppendTo(text);
                text.Append(';');
            }

            text.Append('}');
        }
    }

    /// <summary>A list or set. The element type of an empty one is not part of the value.</summary>
    public sealed record Sequence(ThriftType Type, ThriftType Element, IReadOnlyList<Dynamic> Items) : Dynamic(Type)
    {
        public override void AppendTo(StringBuilder text)
        {
            text.Append(Type).Append('[');
            foreach (Dynamic item in Items)
            {
                item.AppendTo(text);
                text.Append(',');
            }

            text.Append(']');
        }
    }

    public sealed record Map(ThriftType Key, ThriftType Value, IReadOnlyList<(Dynamic Key, Dynamic Value)> Pairs) : Dynamic(ThriftType.Map)
    {
        public override void AppendTo(StringBuilder text)
        {
            text.Append('<');
            foreach ((Dynamic key, Dynamic value) in Pairs)
            {
                key.AppendTo(text);
                text.Append("->");
                value.AppendTo(text);
                text.Append(',');
            }

            text.Append('>');
        }
    }
}
