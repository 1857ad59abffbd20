using System;
using System.Text;
using System.Text.Json;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Whether a field must be, is usually, or may be set.</summary>
public enum ThriftRequiredness
{
    /// <summary>Neither keyword: writers set it, readers do not insist.</summary>
    Default,

    /// <summary><c>required</c>: a message without the field is invalid.</summary>
    Required,

    /// <summary><c>optional</c>: written only if it is set.</summary>
    Optional,
}

/// <summary>A field of a struct, or an argument, result or exception of a method.</summary>
public sealed class ThriftFieldSchema
{
    internal ThriftFieldSchema(short id, string name, string jsonName, ThriftTypeSchema type, ThriftRequiredness requiredness)
    {
        Id = id;
        Name = name;
        JsonName = jsonName;
        Type = type;
        Requiredness = requiredness;
        EncodedJsonName = JsonEncodedText.Encode(jsonName, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        Utf8JsonName = Encoding.UTF8.GetBytes(jsonName);
    }

    /// <summary>The id on the wire.</summary>
    public short Id { get; }

    /// <summary>The name in the IDL.</summary>
    public string Name { get; }

    /// <summary>The name in JSON: that of a <c>go.tag</c> annotation, otherwise the one in the IDL.</summary>
    public string JsonName { get; }

    /// <summary>The type.</summary>
    public ThriftTypeSchema Type { get; }

    /// <summary>Whether the field is required, optional or neither.</summary>
    public ThriftRequiredness Requiredness { get; }

    /// <summary>Whether the IDL gives the field a default value.</summary>
    public bool HasDefault => DefaultValue is not null;

    /// <summary>The documentation comment of the field in the IDL, if there is one.</summary>
    public string? Documentation { get; internal init; }

    /// <summary>The default value in the Binary protocol; <see langword="null"/> if there is none.</summary>
    internal byte[]? DefaultValue { get; set; }

    /// <summary>Whether a message without the field is invalid and nothing says what to write instead.</summary>
    internal bool MustBeSet => Requiredness == ThriftRequiredness.Required && !HasDefault;

    /// <summary>Whether <c>api.js_conv</c> asks for integers as text in JSON.</summary>
    internal bool IntegersAreText { get; init; }

    /// <summary>The position in the order of ids.</summary>
    internal int Ordinal { get; set; }

    internal JsonEncodedText EncodedJsonName { get; }

    internal ReadOnlyMemory<byte> Utf8JsonName { get; }

    /// <summary>What is wrong with a message that arrived without the field.</summary>
    internal string DescribeMissing() => $"The required field {Name}, with the id {Id}, is missing";

    /// <summary>What is wrong with a value to send that lacks the field.</summary>
    internal string DescribeUnfillable() => $"The required field {Name} is missing, and a {Type} has no value to fill it with";

    /// <summary>What is wrong with a message that has the field with another type.</summary>
    internal string DescribeWrongType(ThriftType wireType) => $"The field {Name}, with the id {Id}, has the type {wireType} on the wire, and {Type} in the schema";

    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {Type} {Name}";
}
