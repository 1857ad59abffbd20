using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Names the members of generated types so that they meet neither each other nor what the types have anyway.</summary>
internal static class MemberNames
{
    /// <summary>What every class has.</summary>
    public static readonly string[] OfObject = ["Equals", "GetHashCode", "ToString", "GetType", "ReferenceEquals", "MemberwiseClone", "Finalize"];

    private static readonly string[] OfStruct = [.. OfObject, "Read", "Write"];

    private static readonly string[] OfException =
    [
        "Data", "InnerException", "StackTrace", "Source", "HelpLink", "HResult", "TargetSite", "GetBaseException", "GetObjectData", "StatusCode",
        "SerializeObjectState", "GetDeclaredMessage",
    ];

    private static readonly string[] OfUnion = ["Match", "Switch", "ReadOrNull", "Value"];

    public static void Assign(StructSymbol symbol, List<FieldSymbol> fields)
    {
        var scope = new NameScope(OfStruct);
        scope.Take(symbol.CSharpName);
        foreach (var name in symbol.Kind switch { StructKind.Exception => OfException, StructKind.Union => OfUnion, _ => [] })
        {
            scope.Take(name);
        }

        foreach (var field in fields)
        {
            var name = Naming.Pascal(field.Name);

            // "message" is what Exception calls Message: the same property if it can be, a neighbour otherwise.
            if (symbol.Kind == StructKind.Exception && name == "Message" && field.Type.Kind is not TypeKind.String and not TypeKind.Error)
            {
                scope.Take("Message");
            }

            if (symbol.IsUnion)
            {
                // A case is a nested class besides its factory.
                while (!scope.IsFree(name) || !scope.IsFree(name + "Case"))
                {
                    name += "_";
                }

                scope.Take(name + "Case");
            }

            field.CSharpName = scope.Take(name);
        }
    }

    public static void AssignWrapper(List<FieldSymbol> fields, string typeName)
    {
        var scope = new NameScope(OfStruct);
        scope.Take(typeName);
        foreach (var field in fields)
        {
            field.CSharpName = scope.Take(Naming.Pascal(field.Name));
        }
    }
}
