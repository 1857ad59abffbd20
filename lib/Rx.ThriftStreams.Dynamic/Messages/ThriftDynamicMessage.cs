using System;
using System.Buffers;
using System.Diagnostics;
using System.Text;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>
/// A message whose type is known only at run time, if at all. It holds the bytes of the Binary protocol; JSON, dictionaries and generated types are views of them,
/// made when they are asked for.
/// </summary>
/// <remarks>Immutable, apart from the schema that clients and servers attach when they receive it. Thread-safe.</remarks>
[DebuggerDisplay("{Schema,nq}, {Bytes.Length} bytes")]
public sealed class ThriftDynamicMessage : IThriftStruct<ThriftDynamicMessage>
{
    // Whether binaries are Base64 text: in Apache's JSON they look like any other text, and a reader without a schema leaves them so.
    private readonly bool _binaryIsBase64;

    /// <summary>Wraps the bytes of a struct.</summary>
    /// <param name="bytes">The struct in the Binary protocol: its fields and the stop. Not copied: do not change them.</param>
    /// <param name="schema">What it is; <see langword="null"/> if that is not known.</param>
    /// <exception cref="ThriftProtocolException">The bytes are not one struct.</exception>
    public ThriftDynamicMessage(ReadOnlyMemory<byte> bytes, ThriftStructSchema? schema = null)
        : this(bytes, schema, binaryIsBase64: false)
        => RawStruct.Check(bytes.Span);

    private ThriftDynamicMessage(ReadOnlyMemory<byte> bytes, ThriftStructSchema? schema, bool binaryIsBase64)
    {
        Bytes = bytes;
        Schema = schema;
        _binaryIsBase64 = binaryIsBase64;
    }

    /// <summary>A message without fields: the arguments or result of a method that has none.</summary>
    public static ThriftDynamicMessage Empty { get; } = new(RawStruct.Empty, null, binaryIsBase64: false);

    /// <summary>The message in the Binary protocol: its fields and the stop.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What the message is; <see langword="null"/> if that is not known.</summary>
    public ThriftStructSchema? Schema { get; private set; }

    /// <summary>Creates a message from JSON. For a method with one argument, the text is the value of the argument; with several, an object of them.</summary>
    /// <param name="schema">What the message is.</param>
    /// <param name="json">The JSON.</param>
    /// <param name="options">How to convert it; the defaults if <see langword="null"/>.</param>
    /// <exception cref="ThriftJsonException">The text is not JSON, or does not fit the schema.</exception>
    public static ThriftDynamicMessage FromJson(ThriftStructSchema schema, string json, ThriftDynamicJsonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        byte[] rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(json.Length));
        try
        {
            return FromJson(schema, rented.AsSpan(0, Encoding.UTF8.GetBytes(json, rented)), options);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <inheritdoc cref="FromJson(ThriftStructSchema, string, ThriftDynamicJsonOptions?)"/>
    /// <param name="schema">What the message is.</param>
    /// <param name="utf8Json">The JSON in UTF-8.</param>
    /// <param name="options">How to convert it; the defaults if <see langword="null"/>.</param>
    public static ThriftDynamicMessage FromJson(ThriftStructSchema schema, ReadOnlySpan<byte> utf8Json, ThriftDynamicJsonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        JsonToThrift.Convert(schema, utf8Json, rented.Value, options ?? ThriftDynamicJsonOptions.Default);
        return new(rented.Value.WrittenSpan.ToArray(), schema, binaryIsBase64: false);
    }

    /// <summary>
    /// Creates a message from objects: dictionaries by field name for structs, dictionaries for maps, sequences for lists and sets, and numbers, text, bytes and Booleans.
    /// For a method with one argument, the value is that of the argument; with several, a dictionary of them.
    /// </summary>
    /// <param name="schema">What the message is.</param>
    /// <param name="value">The value. A struct inside may also be a <see cref="ThriftDynamicMessage"/>.</param>
    /// <exception cref="ThriftJsonException">The value does not fit the schema.</exception>
    public static ThriftDynamicMessage FromObject(ThriftStructSchema schema, object? value)
    {
        ArgumentNullException.ThrowIfNull(schema);
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        ObjectsToThrift.Convert(schema, value, rented.Value);
        return new(rented.Value.WrittenSpan.ToArray(), schema, binaryIsBase64: false);
    }

    /// <summary>Creates a message from a generated type.</summary>
    /// <typeparam name="T">The generated type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="schema">What it is; <see langword="null"/> if that is not known.</param>
    public static ThriftDynamicMessage From<T>(T value, ThriftStructSchema? schema = null)
        where T : IThriftStruct<T>
        => new(ThriftSerializer.SerializeToArray(value), schema, binaryIsBase64: false);

    /// <summary>Reads the message as a generated type.</summary>
    /// <typeparam name="T">The generated type.</typeparam>
    /// <exception cref="ThriftProtocolException">The message is not one of that type.</exception>
    public T To<T>()
        where T : IThriftStruct<T>
    {
        var reader = new ThriftReader(Bytes.Span) { BinaryIsBase64 = _binaryIsBase64 };
        return T.Read(ref reader);
    }

    /// <summary>The message as JSON: that of the only argument, or of the result, for a message that wraps one.</summary>
    /// <param name="options">How to convert it; the defaults if <see langword="null"/>.</param>
    /// <exception cref="InvalidOperationException">The message has no schema.</exception>
    /// <exception cref="ThriftJsonException">The message does not fit the schema, or has a number that JSON does not have.</exception>
    public string ToJson(ThriftDynamicJsonOptions? options = null)
    {
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        WriteTo(rented.Value, options);
        return Encoding.UTF8.GetString(rented.Value.WrittenSpan);
    }

    /// <summary>Appends the message as JSON in UTF-8. On an error nothing is written.</summary>
    /// <param name="destination">Where to write.</param>
    /// <param name="options">How to convert it; the defaults if <see langword="null"/>.</param>
    /// <exception cref="InvalidOperationException">The message has no schema.</exception>
    /// <exception cref="ThriftJsonException">The message does not fit the schema, or has a number that JSON does not have.</exception>
    public void WriteJson(IBufferWriter<byte> destination, ThriftDynamicJsonOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var rented = PerThread<ThriftWriteBuffer>.Rent();
        WriteTo(rented.Value, options);
        destination.Write(rented.Value.WrittenSpan);
    }

    /// <summary>
    /// The message as objects: a <c>Dictionary&lt;string, object?&gt;</c> by field name for a struct, a <c>Dictionary&lt;object, object?&gt;</c> for a map, a
    /// <c>List&lt;object?&gt;</c> for a list or set, and <see cref="bool"/>, <see cref="sbyte"/>, <see cref="short"/>, <see cref="int"/> (also for an enum), <see cref="long"/>,
    /// <see cref="double"/>, <see cref="string"/>, <see cref="byte"/> arrays and <see cref="Guid"/>. The value of the only argument, or the result, for a message that wraps one.
    /// </summary>
    /// <exception cref="InvalidOperationException">The message has no schema.</exception>
    /// <exception cref="ThriftJsonException">The message does not fit the schema, or takes more memory than <see cref="ThriftReaderLimits.MaxMemory"/> allows.</exception>
    public object? ToObject() => ThriftToObjects.Convert(RequireSchema(), Bytes.Span, _binaryIsBase64);

    /// <summary>The same message with another schema.</summary>
    /// <param name="schema">What it is.</param>
    public ThriftDynamicMessage WithSchema(ThriftStructSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new(Bytes, schema, _binaryIsBase64);
    }

    /// <inheritdoc/>
    static ThriftDynamicMessage IThriftStruct<ThriftDynamicMessage>.Read<TReader>(ref TReader reader)
        => new(RawStruct.Read(ref reader, allowsVoid: true), null, binaryIsBase64: typeof(TReader) == typeof(ThriftJsonReader));

    /// <inheritdoc/>
    void IThriftStruct<ThriftDynamicMessage>.Write<TWriter>(ref TWriter writer) => RawStruct.Write(Bytes.Span, ref writer, Schema);

    /// <summary>Attaches the schema to a message that was received.</summary>
    internal ThriftDynamicMessage Attach(ThriftStructSchema schema)
    {
        if (ReferenceEquals(this, Empty))
        {
            return WithSchema(schema);
        }

        Schema = schema;
        return this;
    }

    private void WriteTo(ThriftWriteBuffer output, ThriftDynamicJsonOptions? options)
        => ThriftToJson.Convert(RequireSchema(), Bytes.Span, _binaryIsBase64, output, options ?? ThriftDynamicJsonOptions.Default);

    private ThriftStructSchema RequireSchema() => Schema ?? throw new InvalidOperationException("The message has no schema. Attach one with WithSchema.");
}
