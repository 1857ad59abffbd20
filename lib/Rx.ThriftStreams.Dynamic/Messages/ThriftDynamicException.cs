using System;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>
/// An exception that a method of a schema declares. A dynamic client throws it when the server answers with one; a handler of a dynamic service throws it to answer with
/// one.
/// </summary>
public sealed class ThriftDynamicException : ThriftDeclaredException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="name">The exception's type, or the name of the member of <c>throws</c>.</param>
    /// <param name="value">Its fields.</param>
    public ThriftDynamicException(string name, ThriftDynamicMessage value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        Name = name;
        Value = value;
    }

    /// <summary>The exception's type in the IDL, or the name of the member of <c>throws</c>.</summary>
    public string Name { get; }

    /// <summary>The fields of the exception.</summary>
    public ThriftDynamicMessage Value { get; }

    /// <inheritdoc/>
    internal override string DeclaredName => Name;

    /// <inheritdoc/>
    internal override string? ValueAsJson() => Value.Schema is null ? null : Value.ToJson();

    /// <inheritdoc/>
    protected override string? GetDeclaredMessage() => Value.Schema is null ? $"{Name} was thrown." : $"{Name} {Value.ToJson()}";
}
