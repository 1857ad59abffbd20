using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Converts the Binary protocol to JSON by a schema: one pass, no object for a value. Members are printed as the fields arrive, and defaults after them.</summary>
internal ref partial struct ThriftToJson
{
    // Beyond this many fields, which of them have arrived is kept in an array.
    private const int InlineFields = 512;

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ThriftDynamicJsonOptions _options;
    private readonly ConversionScratch _scratch;
    private readonly Utf8JsonWriter _json;
    private ThriftReader _reader;
    private int _levels;

    private ThriftToJson(in ThriftReader reader, Utf8JsonWriter json, ThriftDynamicJsonOptions options, ConversionScratch scratch)
    {
        _reader = reader;
        _json = json;
        _options = options;
        _scratch = scratch;
    }

    private readonly ValuePath Path => _scratch.Path;

    /// <summary>Prints a message.</summary>
    /// <exception cref="ThriftJsonException">The message does not fit the schema, has a number that JSON does not have, or is too large.</exception>
    internal static void Convert(ThriftStructSchema type, ReadOnlySpan<byte> message, bool binaryIsBase64, IBufferWriter<byte> output, ThriftDynamicJsonOptions options)
    {
        using var rented = PerThread<ConversionScratch>.Rent();
        var scratch = rented.Value;
        try
        {
            using var json = new Utf8JsonWriter(output, s_writing);
            var conversion = new ThriftToJson(new ThriftReader(message) { BinaryIsBase64 = binaryIsBase64 }, json, options, scratch);
            conversion.WriteMessage(type);
        }
        catch (ThriftProtocolException error)
        {
            throw scratch.Path.Error(error);
        }
    }

    private void WriteMessage(ThriftStructSchema type)
    {
        if (type.IsWrapper)
        {
            WriteLone(type.Lone);
        }
        else
        {
            WriteStruct(type);
        }
    }

    /// <summary>Prints the value in a wrapper, or null.</summary>
    private void WriteLone(ThriftFieldSchema? field)
    {
        bool isPrinted = false;
        _reader.BeginStruct(memory: 0);
        while (_reader.ReadFieldHeader(out var wireType, out short id))
        {
            if (wireType == VoidResult.Type)
            {
                continue;
            }

            if (isPrinted || field is null || id != field.Id)
            {
                _reader.Skip(wireType);
                continue;
            }

            CheckType(field, wireType);
            WriteValue(field.Type, field.IntegersAreText);
            isPrinted = true;
        }

        if (!isPrinted)
        {
            _json.WriteNullValue();
        }
    }

    private void WriteStruct(ThriftStructSchema type)
    {
        Enter();
        _reader.BeginStruct(memory: 0);
        _json.WriteStartObject();
        int words = (type.Fields.Count + 63) / 64;
        Span<ulong> seen = type.Fields.Count <= InlineFields ? stackalloc ulong[InlineFields / 64] : new ulong[words];
        int guess = 0;
        while (_reader.ReadFieldHeader(out var wireType, out short id))
        {
            var field = type.Find(id, guess);
            if (field is null || (seen[field.Ordinal >> 6] & (1UL << (field.Ordinal & 63))) != 0)
            {
                _reader.Skip(wireType);
                continue;
            }

            seen[field.Ordinal >> 6] |= 1UL << (field.Ordinal & 63);
            guess = field.Ordinal + 1;
            Path.Push(field);
            CheckType(field, wireType);
            _json.WritePropertyName(field.EncodedJsonName);
            WriteValue(field.Type, field.IntegersAreText);
            Path.Pop();
            CheckSize();
        }

        foreach (var field in type.NoticedWhenAbsent)
        {
            if ((seen[field.Ordinal >> 6] & (1UL << (field.Ordinal & 63))) == 0)
            {
                WriteAbsent(field);
            }
        }

        _json.WriteEndObject();
        _reader.EndStruct();
        _levels--;
    }

    private void WriteAbsent(ThriftFieldSchema field)
    {
        if (field.Requiredness == ThriftRequiredness.Required)
        {
            throw Invalid(field.DescribeMissing());
        }

        if (!_options.PrintDefaults)
        {
            return;
        }

        Path.Push(field);
        _json.WritePropertyName(field.EncodedJsonName);
        var defaults = new ThriftToJson(new ThriftReader(field.DefaultValue), _json, _options, _scratch) { _levels = _levels };
        defaults.WriteValue(field.Type, field.IntegersAreText);
        Path.Pop();
        CheckSize();
    }

    private readonly void CheckType(ThriftFieldSchema field, ThriftType wireType)
    {
        if (wireType != field.Type.WireType)
        {
            throw Invalid(field.DescribeWrongType(wireType));
        }
    }

    private void Enter()
    {
        if (++_levels > _options.MaxDepth)
        {
            throw Path.Error($"The message is nested deeper than {nameof(ThriftDynamicJsonOptions.MaxDepth)}, {_options.MaxDepth} levels", ThriftStatusCode.ResourceExhausted);
        }
    }

    private readonly void CheckSize()
    {
        if (_json.BytesCommitted + _json.BytesPending > _options.MaxSize)
        {
            throw Path.Error($"The JSON is larger than {nameof(ThriftDynamicJsonOptions.MaxSize)}, {_options.MaxSize} bytes", ThriftStatusCode.ResourceExhausted);
        }
    }

    private readonly ThriftJsonException Invalid(string what) => Path.Error(what, ThriftStatusCode.Internal);
}
