using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>A field as a C# property, as the emitters of reading, writing and equality use it.</summary>
internal sealed class MemberField
{
    public MemberField(FieldSymbol symbol, int index, int requiredIndex = 0)
    {
        RequiredIndex = requiredIndex;
        Symbol = symbol;
        Index = index;
        IsRequired = symbol.Requiredness == Requiredness.Required;
        IsNullable = symbol.Requiredness == Requiredness.Optional || (!IsRequired && symbol.Type.Kind == TypeKind.Struct);
        CSharpType = CSharp.Type(symbol.Type) + (IsNullable ? "?" : "");
    }

    public FieldSymbol Symbol { get; }

    public TypeRef Type => Symbol.Type;

    public string Name => Symbol.CSharpName;

    public string Id => Symbol.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The position in the order of ids; used in the names of helpers, since ids can be negative.</summary>
    public int Index { get; }

    /// <summary>The position among the required fields, in the order of ids.</summary>
    public int RequiredIndex { get; }

    public string CSharpType { get; }

    /// <summary>Required on the wire.</summary>
    public bool IsRequired { get; }

    /// <summary>Whether the property must be set when an object is created: it is required and has no default.</summary>
    public bool IsRequiredMember => IsRequired && Symbol.Default is null;

    public bool IsNullable { get; }

    /// <summary>The static field that holds the default, for a type that is immutable but cannot be a C# <c>const</c>; otherwise <see langword="null"/>.</summary>
    public string? SharedDefault => Symbol.Default is not null && Type.Kind is TypeKind.Utf8String or TypeKind.PooledBinary ? "__default" + Index : null;

    /// <summary>The value of the property in a new object; <see langword="null"/> if it is the default of the type.</summary>
    public string? Initializer
    {
        get
        {
            if (Symbol.Default is { } value)
            {
                return SharedDefault ?? CSharp.Value(value, Type);
            }

            return IsNullable || IsRequired ? null : Type.Kind == TypeKind.String ? "\"\"" : Type.IsContainer ? CSharp.NewContainer(Type) : null;
        }
    }

    /// <summary>Whether the initial value is cheap, so that reading can set it first and overwrite it.</summary>
    public bool InitializerIsCheap => Symbol.Default is null ? Type.Kind == TypeKind.String : Type.Kind is not TypeKind.Binary and not TypeKind.Struct && !Type.IsContainer;

    /// <summary>The fields in the order of their ids.</summary>
    public static List<MemberField> Of(IEnumerable<FieldSymbol> fields)
    {
        var members = new List<MemberField>();
        var required = 0;
        foreach (var field in fields.OrderBy(static f => f.Id))
        {
            members.Add(new MemberField(field, members.Count, required));
            required += field.Requiredness == Requiredness.Required ? 1 : 0;
        }

        return members;
    }
}
