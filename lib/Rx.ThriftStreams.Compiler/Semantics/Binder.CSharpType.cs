using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

// The annotation that chooses the C# type of a string or binary: on the type where it is written, or on the field, typedef or constant that has the type.
internal sealed partial class Binder
{
    /// <summary>The key of the annotation.</summary>
    public const string CSharpTypeKey = "csharp.type";

    /// <summary>Its value for text as UTF-8.</summary>
    public const string Utf8 = "utf8";

    /// <summary>Its value for a binary in memory of a pool.</summary>
    public const string Pooled = "pooled";

    private TypeRef Annotated(TypeRef type, IReadOnlyList<AnnotationSyntax> annotations, FileSymbol file)
    {
        foreach (var annotation in annotations)
        {
            if (annotation.Key.Text != CSharpTypeKey)
            {
                continue;
            }

            switch (annotation.Value)
            {
                case Utf8 when type.Kind is TypeKind.String or TypeKind.Utf8String:
                    type = TypeRef.Utf8String;
                    break;
                case Pooled when type.Kind is TypeKind.Binary or TypeKind.PooledBinary:
                    type = TypeRef.PooledBinary;
                    break;
                case Utf8 or Pooled:
                    ReportOther(annotation, type, file);
                    break;
                default:
                    Report(Rules.CSharpTypeUnknown, file, annotation.ValueSpan, annotation.Value, Hints.DidYouMean(annotation.Value, [Utf8, Pooled]));
                    break;
            }
        }

        return type;
    }

    private void ReportOther(AnnotationSyntax annotation, TypeRef type, FileSymbol file)
    {
        if (type.Kind != TypeKind.Error)
        {
            var applies = annotation.Value == Utf8 ? "string" : "binary";
            Report(Rules.CSharpTypeOnOther, file, annotation.Key.Span, annotation.Value, applies, type, HintForElements(type, applies, annotation.Value));
        }
    }

    private static string HintForElements(TypeRef type, string applies, string value)
    {
        var annotated = $"{applies} ({CSharpTypeKey}=\"{value}\")";
        return type.Kind switch
        {
            TypeKind.Set when value == Pooled => "",
            TypeKind.List or TypeKind.Set => $" Annotate the type of the elements: {type.Kind.ToString().ToLowerInvariant()}<{annotated}>.",
            TypeKind.Map => $" Annotate the type of the {(value == Pooled ? "values" : "keys or values")}, as in map<i32, {annotated}>.",
            _ => "",
        };
    }

    /// <summary>Reports a key whose hash would change when its memory is returned.</summary>
    private void RefusePooled(TypeRef key, TypeSyntax syntax, FileSymbol file)
    {
        if (HoldsPooled(key))
        {
            Report(Rules.PooledKey, file, syntax.Span);
        }
    }

    private static bool HoldsPooled(TypeRef type)
        => type.Kind == TypeKind.PooledBinary || (type.IsContainer && (HoldsPooled(type.Element) || (type.Kind == TypeKind.Map && HoldsPooled(type.Key))));

    private void WarnIfCSharpType(AnnotationSyntax annotation, FileSymbol file)
    {
        if (annotation.Key.Text == CSharpTypeKey)
        {
            Report(Rules.CSharpTypeMisplaced, file, annotation.Key.Span);
        }
    }
}
