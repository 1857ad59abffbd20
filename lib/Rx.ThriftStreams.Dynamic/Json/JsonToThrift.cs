using System;
using System.Text.Json;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Converts JSON to the Binary protocol by a schema: one pass, no object for a value. Fields are written in the order of their ids.</summary>
internal ref partial struct JsonToThrift
{
    private readonly ThriftDynamicJsonOptions _options;
    private readonly ConversionScratch _scratch;
    private readonly ReadOnlySpan<byte> _source;
    private Utf8JsonReader _json;
    private ThriftWriter _writer;

    private JsonToThrift(ReadOnlySpan<byte> json, ThriftWriteBuffer output, ThriftDynamicJsonOptions options, ConversionScratch scratch)
    {
        _options = options;
        _scratch = scratch;
        _source = json;
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = options.MaxDepth });
        _writer = new ThriftWriter(output);
    }

    private readonly ValuePath Path => _scratch.Path;

    /// <summary>Appends the message that a JSON text stands for.</summary>
    /// <exception cref="ThriftJsonException">It is not JSON, or does not fit the schema.</exception>
    internal static void Convert(ThriftStructSchema type, ReadOnlySpan<byte> json, ThriftWriteBuffer output, ThriftDynamicJsonOptions options)
    {
        using var rented = PerThread<ConversionScratch>.Rent();
        var scratch = rented.Value;
        try
        {
            if (json.Length > options.MaxSize)
            {
                throw TooLarge(scratch, options);
            }

            var conversion = new JsonToThrift(json, output, options, scratch);
            conversion.WriteMessage(type);
            conversion._writer.Flush();
        }
        catch (JsonException error)
        {
            throw scratch.Path.Error($"The text is not valid JSON: {error.Message.TrimEnd('.')}", ThriftStatusCode.InvalidArgument, error);
        }
        catch (ThriftProtocolException error)
        {
            throw scratch.Path.Error(error);
        }
    }

    private static ThriftJsonException TooLarge(ConversionScratch scratch, ThriftDynamicJsonOptions options)
        => scratch.Path.Error($"The message is larger than {nameof(ThriftDynamicJsonOptions.MaxSize)}, {options.MaxSize} bytes", ThriftStatusCode.ResourceExhausted);

    private void WriteMessage(ThriftStructSchema type)
    {
        Advance();
        switch (type.Kind)
        {
            case ThriftStructKind.Arguments when type.Fields.Count == 0 && !(_options.RefuseUnknownMembers && _json.TokenType == JsonTokenType.StartObject):
                WriteLone(null);
                break;

            case var _ when type.IsWrapper:
                WriteLone(type.Lone);
                break;

            // An object is that of all arguments; anything else is the first one, as in Kitex.
            case ThriftStructKind.Arguments when _json.TokenType != JsonTokenType.StartObject:
                WriteLone(type.Fields[0]);
                RefuseMissing(type, type.Fields[0]);
                break;

            case var _ when _json.TokenType == JsonTokenType.Null:
                RefuseMissing(type);
                _writer.WriteRaw(RawStruct.Empty);
                break;

            default:
                WriteStruct(type);
                break;
        }

        if (_json.Read())
        {
            throw Invalid("Text follows the value");
        }
    }

    /// <summary>Writes a wrapper of which JSON shows only the value.</summary>
    private void WriteLone(ThriftFieldSchema? field)
    {
        _writer.BeginStruct();
        if (field is null)
        {
            _json.Skip();
        }
        else if (_json.TokenType != JsonTokenType.Null)
        {
            _writer.WriteFieldHeader(field.Type.WireType, field.Id);
            WriteValue(field.Type);
        }
        else
        {
            RefuseMissingArgument(field);
        }

        _writer.EndStruct();
    }

    private void WriteStruct(ThriftStructSchema type)
    {
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            WriteInsteadOfStruct(type);
            return;
        }

        _writer.BeginStruct();
        int objectStart = (int)_json.TokenStartIndex;
        int start = _writer.Position;
        int segments = _scratch.Take(type.Fields.Count);
        int last = -1;
        bool isOrdered = true;
        while (Advance() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var field = FindField(type, last + 1);
            Advance();
            if (field is null || _json.TokenType == JsonTokenType.Null || _scratch[segments + field.Ordinal].Length > 0)
            {
                // Unknown, absent, or a repetition, of which the first counts, as in Kitex.
                _json.Skip();
                continue;
            }

            int fieldStart = _writer.Position;
            Path.Push(field);
            _writer.WriteFieldHeader(field.Type.WireType, field.Id);
            WriteValue(field.Type);
            CheckSize();
            Path.Pop();
            isOrdered &= Record(segments, field, fieldStart, ref last);
        }

        foreach (var field in type.WrittenWhenAbsent)
        {
            if (_scratch[segments + field.Ordinal].Length == 0)
            {
                if (IsMissing(field))
                {
                    throw Missing(field, NearestUnknown(type, field, objectStart));
                }

                int fieldStart = _writer.Position;
                WriteAbsent(field);
                isOrdered &= Record(segments, field, fieldStart, ref last);
            }
        }

        CheckSize();
        if (!isOrdered)
        {
            Reorder(start, segments, type.Fields.Count);
        }

        _scratch.Return(segments);
        _writer.EndStruct();
    }

    private readonly bool Record(int segments, ThriftFieldSchema field, int start, ref int last)
    {
        _scratch[segments + field.Ordinal] = new() { Start = start, Length = _writer.Position - start };
        bool isNext = field.Ordinal > last;
        last = field.Ordinal;
        return isNext;
    }

    /// <summary>Brings the fields of a struct, which were written in the order of JSON, into that of their ids.</summary>
    private readonly void Reorder(int start, int segments, int count)
    {
        var fields = _writer.WrittenSince(start);
        var copy = _scratch.Bytes(fields.Length);
        fields.CopyTo(copy);
        for (int i = 0; i < count; i++)
        {
            var segment = _scratch[segments + i];
            copy.Slice(segment.Start == 0 ? 0 : segment.Start - start, segment.Length).CopyTo(fields);
            fields = fields[segment.Length..];
        }
    }

    private void WriteAbsent(ThriftFieldSchema field)
    {
        if (!AbsentValues.TryWrite(ref _writer, field))
        {
            Path.Push(field);
            throw Invalid(field.DescribeUnfillable());
        }
    }

    private void WriteInsteadOfStruct(ThriftStructSchema type)
    {
        if (_json.TokenType != JsonTokenType.Null && !_options.Lenient)
        {
            throw Invalid($"A JSON object is needed for {type.Name}, not {Described()}");
        }

        RefuseMissing(type);
        _json.Skip();
        _writer.WriteRaw(type.Empty ?? throw Invalid($"{type.Name} has required fields that have no value to fill them with"));
        CheckSize();
    }

    private ThriftFieldSchema? FindField(ThriftStructSchema type, int guess)
    {
        var name = _json.ValueSpan;
        if (_json.ValueIsEscaped)
        {
            var plain = _scratch.Bytes(name.Length);
            name = plain[..Unescape(plain)];
        }

        var field = type.Find(name, guess);
        return field is null && _options.RefuseUnknownMembers ? throw Unknown(type, name) : field;
    }

    private bool Advance() => _json.Read() ? true : throw Invalid("The JSON ends too early");

    private readonly void CheckSize()
    {
        if (_writer.Position > _options.MaxSize)
        {
            throw TooLarge(_scratch, _options);
        }
    }

    private readonly ThriftJsonException Invalid(string what) => Path.Error(what, ThriftStatusCode.InvalidArgument);

    private readonly string Described() => _json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a Boolean",
        _ => "null",
    };
}
