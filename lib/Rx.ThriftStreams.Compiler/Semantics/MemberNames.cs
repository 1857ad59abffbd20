using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>
/// Names the members of generated types so that they collide neither with each other nor with inherited members. The
/// names do not depend on the order of the file: of two fields that become one name, the one with the lower id keeps it.
/// </summary>
internal static class MemberNames
{
    /// <summary>The property of an exception whose text is its <c>Message</c>.</summary>
    public const string MessageText = "MessageText";

    /// <summary>The members of every class.</summary>
    public static readonly string[] OfObject = ["Equals", "GetHashCode", "ToString", "GetType", "ReferenceEquals", "MemberwiseClone", "Finalize"];

    private static readonly string[] OfStruct = [.. OfObject, "Read", "Write"];

    private static readonly string[] OfException =
    [
        "Message", "Data", "InnerException", "StackTrace", "Source", "HelpLink", "HResult", "TargetSite", "GetBaseException", "GetObjectData", "StatusCode",
        "SerializeObjectState", "GetDeclaredMessage",
    ];

    private static readonly string[] OfUnion = ["Match", "Switch", "ReadOrNull", "Value", "UnionJsonConverter"];

    public static void Assign(StructSymbol symbol, List<FieldSymbol> fields, Binder binder)
    {
        var scope = new NameScope(OfStruct);
        scope.Reserve(symbol.CSharpName);
        foreach (var name in symbol.Kind switch { StructKind.Exception => OfException, StructKind.Union => OfUnion, _ => [] })
        {
            scope.Reserve(name);
        }

        foreach (var field in InOrderOfIds(fields))
        {
            // A case is a nested class besides its factory. It is named as the values of an enum are.
            var wanted = Naming.Pascal(field.Name, shout: symbol.IsUnion);
            if (symbol.Kind == StructKind.Exception && wanted == "Message" && field.Type.Kind is TypeKind.String or TypeKind.Utf8String)
            {
                field.IsExceptionMessage = true;
                wanted = MessageText;
            }

            field.CSharpName = scope.Take(wanted, field.Name, out var rival, symbol.IsUnion ? static name => [name, name + "Case"] : null);
            if (rival is not null)
            {
                binder.Report(Rules.NamesBecomeOne, symbol.File, field.Syntax.Name.Span, field.Name, rival, wanted, field.CSharpName);
            }
        }
    }

    public static void AssignWrapper(List<FieldSymbol> fields, string typeName)
    {
        var scope = new NameScope(OfStruct);
        scope.Reserve(typeName);
        foreach (var field in InOrderOfIds(fields))
        {
            field.CSharpName = scope.Take(Naming.Pascal(field.Name));
        }
    }

    /// <summary>Fields in the order in which ids are given: upwards from 1, then, for those that count down, downwards from 0.</summary>
    public static IEnumerable<FieldSymbol> InOrderOfIds(IEnumerable<FieldSymbol> fields) => fields.OrderBy(static f => f.Id > 0 ? f.Id : ushort.MaxValue - f.Id);
}
