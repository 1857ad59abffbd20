using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>A field as a C# property: what the emitters of reading, writing and equality all need to know.</summary>
internal sealed class MemberField
{
    public MemberField(FieldSymbol symbol, int index)
    {
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

    /// <summary>The position in id order; names helpers, since ids may be negative.</summary>
    public int Index { get; }

    public string CSharpType { get; }

    /// <summary>Required on the wire.</summary>
    public bool IsRequired { get; }

    /// <summary>Required of whoever creates the object: not where a default makes up for it.</summary>
    public bool IsRequiredMember => IsRequired && Symbol.Default is null;

    public bool IsNullable { get; }

    /// <summary>What a new object holds; <see langword="null"/> if that is the type's own default.</summary>
    public string? Initializer
    {
        get
        {
            if (Symbol.Default is { } value)
            {
                return CSharp.Value(value, Type);
            }

            return IsNullable || IsRequired ? null : Type.Kind == TypeKind.String ? "\"\"" : Type.IsContainer ? CSharp.NewContainer(Type) : null;
        }
    }

    /// <summary>Whether the initial value costs nothing, so that reading may set it first and overwrite it.</summary>
    public bool InitializerIsCheap => Symbol.Default is null ? Type.Kind == TypeKind.String : Type.Kind is not TypeKind.Binary and not TypeKind.Struct && !Type.IsContainer;

    /// <summary>The fields in the order of their ids.</summary>
    public static List<MemberField> Of(IEnumerable<FieldSymbol> fields)
        => fields.OrderBy(static f => f.Id).Select(static (f, i) => new MemberField(f, i)).ToList();
}
