using System.Collections.Generic;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>An enum of a schema. On the wire it is an <c>i32</c>.</summary>
public sealed class ThriftEnumSchema
{
    internal ThriftEnumSchema(string name, IReadOnlyDictionary<string, int> values)
    {
        Name = name;
        Values = values;
    }

    /// <summary>Its name in the IDL.</summary>
    public string Name { get; }

    /// <summary>The numbers by the names of the members.</summary>
    public IReadOnlyDictionary<string, int> Values { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
