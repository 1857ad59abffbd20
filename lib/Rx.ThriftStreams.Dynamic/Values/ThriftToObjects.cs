using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Reads messages as objects, within the memory that a reader allows one message.</summary>
internal ref struct ThriftToObjects
{
    private const int MaxInitialCapacity = 1024;

    private readonly ValuePath _path;
    private ThriftReader _reader;

    private ThriftToObjects(in ThriftReader reader, ValuePath path)
    {
        _reader = reader;
        _path = path;
    }

    /// <exception cref="ThriftJsonException">The message does not fit the schema, or takes too much memory.</exception>
    internal static object? Convert(ThriftStructSchema type, ReadOnlySpan<byte> message, bool binaryIsBase64)
    {
        using var rented = PerThread<ConversionScratch>.Rent();
        var path = rented.Value.Path;
        try
        {
            var conversion = new ThriftToObjects(new ThriftReader(message) { BinaryIsBase64 = binaryIsBase64 }, path);
            var fields = conversion.ReadStruct(type);
            return !type.IsWrapper ? fields : type.Lone is { } lone ? fields.GetValueOrDefault(lone.Name) : null;
        }
        catch (ThriftProtocolException error)
        {
            throw path.Error(error);
        }
    }

    private Dictionary<string, object?> ReadStruct(ThriftStructSchema type)
    {
        _reader.BeginStruct();
        var fields = new Dictionary<string, object?>();
        int guess = 0;
        while (_reader.ReadFieldHeader(out var wireType, out short id))
        {
            if (type.Find(id, guess) is not { } field)
            {
                if (wireType != VoidResult.Type)
                {
                    _reader.Skip(wireType);
                }

                continue;
            }

            guess = field.Ordinal + 1;
            _path.Push(field);
            if (wireType != field.Type.WireType)
            {
                throw Invalid(field.DescribeWrongType(wireType));
            }

            _reader.ChargeMemory(MemoryCost.UnknownValue);
            fields[field.Name] = ReadValue(field.Type);
            _path.Pop();
        }

        foreach (var field in type.NoticedWhenAbsent)
        {
            if (fields.ContainsKey(field.Name))
            {
                continue;
            }

            if (field.Requiredness == ThriftRequiredness.Required)
            {
                throw Invalid(field.DescribeMissing());
            }

            _reader.ChargeMemory(MemoryCost.UnknownValue + (16L * field.DefaultValue!.Length));
            fields.Add(field.Name, new ThriftToObjects(new ThriftReader(field.DefaultValue), _path).ReadValue(field.Type));
        }

        _reader.EndStruct();
        return fields;
    }

    private object ReadValue(ThriftTypeSchema type) => type.WireType switch
    {
        ThriftType.Bool => _reader.ReadBool(),
        ThriftType.Byte => _reader.ReadByte(),
        ThriftType.I16 => _reader.ReadI16(),
        ThriftType.I32 => _reader.ReadI32(),
        ThriftType.I64 => _reader.ReadI64(),
        ThriftType.Double => _reader.ReadDouble(),
        ThriftType.String when type.IsBinary => _reader.ReadBinary(),
        ThriftType.String => _reader.ReadString(),
        ThriftType.Uuid => _reader.ReadUuid(),
        ThriftType.Struct => ReadStruct(type.Struct!),
        ThriftType.Map => ReadMap(type),
        ThriftType.Set => ReadElements(type.Element!, _reader.ReadSetHeader(type.Element!.WireType)),
        _ => ReadElements(type.Element!, _reader.ReadListHeader(type.Element!.WireType)),
    };

    private List<object?> ReadElements(ThriftTypeSchema element, int count)
    {
        _reader.ChargeMemory((long)count * MemoryCost.UnknownValue);
        var elements = new List<object?>(Math.Min(count, MaxInitialCapacity));
        _path.Push(null);
        for (int i = 0; i < count; i++)
        {
            _path.Set(i);
            elements.Add(ReadValue(element));
        }

        _path.Pop();
        return elements;
    }

    private Dictionary<object, object?> ReadMap(ThriftTypeSchema type)
    {
        int count = _reader.ReadMapHeader(type.Key!.WireType, type.Element!.WireType);
        _reader.ChargeMemory(2L * count * MemoryCost.UnknownValue);
        var pairs = new Dictionary<object, object?>(Math.Min(count, MaxInitialCapacity), MapKeyComparer.Instance);
        _path.Push(null);
        for (int i = 0; i < count; i++)
        {
            _path.Set(i);
            var key = ReadValue(type.Key);
            pairs[key] = ReadValue(type.Element);
        }

        _path.Pop();
        return pairs;
    }

    private readonly ThriftJsonException Invalid(string what) => _path.Error(what, ThriftStatusCode.Internal);
}
