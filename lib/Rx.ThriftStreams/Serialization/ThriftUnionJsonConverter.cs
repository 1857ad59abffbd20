using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Rx.ThriftStreams.Serialization;

/// <summary>
/// Reads and writes a union with System.Text.Json: an object whose one property is the case, named as a property of a
/// class would be (naming policy and case sensitivity are those of the options). The base of what generated code
/// attaches to unions; it does not use reflection itself.
/// </summary>
/// <typeparam name="TUnion">The union.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ThriftUnionJsonConverter<TUnion> : JsonConverter<TUnion>
    where TUnion : class
{
    private readonly string[] _cases;

    /// <summary>Creates the converter.</summary>
    /// <param name="cases">The names of the cases in C#.</param>
    protected ThriftUnionJsonConverter(params string[] cases)
    {
        _cases = cases;
    }

    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) => typeof(TUnion).IsAssignableFrom(typeToConvert);

    /// <inheritdoc/>
    /// <exception cref="JsonException">The JSON is not an object with exactly one property that names a case.</exception>
    public sealed override TUnion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (reader.TokenType != JsonTokenType.StartObject || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            throw NotOneCase();
        }

        var name = reader.GetString()!;
        var index = IndexOf(name, options);
        if (index < 0)
        {
            throw new JsonException($"\"{name}\" is not a case of the union {typeof(TUnion).Name}.");
        }

        reader.Read();
        var result = ReadCase(index, ref reader, options);
        return reader.Read() && reader.TokenType == JsonTokenType.EndObject ? result : throw NotOneCase();
    }

    /// <summary>Reads the value of a case and creates the case.</summary>
    /// <param name="index">The position of the case among the names.</param>
    /// <param name="reader">The reader, at the value.</param>
    /// <param name="options">The options of the serializer.</param>
    protected abstract TUnion ReadCase(int index, ref Utf8JsonReader reader, JsonSerializerOptions options);

    /// <summary>Reads a value.</summary>
    /// <param name="reader">The reader, at the value.</param>
    /// <param name="options">The options of the serializer.</param>
    protected static T ReadValue<T>(ref Utf8JsonReader reader, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var value = !options.TryGetTypeInfo(typeof(T), out var info) && BuiltIn<T>() is { } converter
            ? converter.Read(ref reader, typeof(T), options)
            : JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<T>)(info ?? options.GetTypeInfo(typeof(T))));
        return value ?? throw new JsonException($"The case of the union {typeof(TUnion).Name} is null.");
    }

    /// <summary>Writes a case with its value.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="index">The position of the case among the names.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">The options of the serializer.</param>
    protected void WriteCase<T>(Utf8JsonWriter writer, int index, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(options);
        writer.WriteStartObject();
        writer.WritePropertyName(NameOf(index, options));
        if (!options.TryGetTypeInfo(typeof(T), out var info) && BuiltIn<T>() is { } converter)
        {
            converter.Write(writer, value, options);
        }
        else
        {
            JsonSerializer.Serialize(writer, value, (JsonTypeInfo<T>)(info ?? options.GetTypeInfo(typeof(T))));
        }

        writer.WriteEndObject();
    }

    // The contexts that System.Text.Json's source generator makes know only what they were told of; these types need no context.
    private static JsonConverter<T>? BuiltIn<T>()
    {
        object? converter = default(T) switch
        {
            bool => JsonMetadataServices.BooleanConverter,
            sbyte => JsonMetadataServices.SByteConverter,
            short => JsonMetadataServices.Int16Converter,
            int => JsonMetadataServices.Int32Converter,
            long => JsonMetadataServices.Int64Converter,
            double => JsonMetadataServices.DoubleConverter,
            Guid => JsonMetadataServices.GuidConverter,
            ReadOnlyMemory<byte> => JsonMetadataServices.ReadOnlyMemoryByteConverter,
            null when typeof(T) == typeof(string) => JsonMetadataServices.StringConverter,
            _ => null,
        };
        return (JsonConverter<T>?)converter;
    }

    private static JsonException NotOneCase() => new($"The union {typeof(TUnion).Name} is a JSON object with exactly one property.");

    private string NameOf(int index, JsonSerializerOptions options) => options.PropertyNamingPolicy?.ConvertName(_cases[index]) ?? _cases[index];

    private int IndexOf(string name, JsonSerializerOptions options)
    {
        var comparison = options.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        for (var i = 0; i < _cases.Length; i++)
        {
            if (string.Equals(name, NameOf(i, options), comparison))
            {
                return i;
            }
        }

        return -1;
    }
}
