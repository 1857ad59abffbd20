using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

// The annotation that chooses the C# type of a string: on the type where it is written, or on the field, typedef or constant that has the type.
internal sealed partial class Binder
{
    /// <summary>The key of the annotation.</summary>
    public const string CSharpTypeKey = "csharp.type";

    /// <summary>Its only value: text as UTF-8.</summary>
    public const string Utf8 = "utf8";

    private TypeRef Annotated(TypeRef type, IReadOnlyList<AnnotationSyntax> annotations, FileSymbol file)
    {
        foreach (var annotation in annotations)
        {
            if (annotation.Key.Text != CSharpTypeKey)
            {
                continue;
            }

            if (annotation.Value != Utf8)
            {
                Report(Rules.CSharpTypeUnknown, file, annotation.ValueSpan, annotation.Value);
            }
            else if (type.Kind is TypeKind.String or TypeKind.Utf8String)
            {
                type = TypeRef.Utf8String;
            }
            else if (type.Kind != TypeKind.Error)
            {
                Report(Rules.CSharpTypeNotString, file, annotation.Key.Span, type, HintForElements(type));
            }
        }

        return type;
    }

    private static string HintForElements(TypeRef type)
    {
        const string Annotation = "string (" + CSharpTypeKey + "=\"" + Utf8 + "\")";
        return type.Kind switch
        {
            TypeKind.List or TypeKind.Set => $" Annotate the type of the elements: {type.Kind.ToString().ToLowerInvariant()}<{Annotation}>.",
            TypeKind.Map => $" Annotate the type of the keys or values, as in map<i32, {Annotation}>.",
            _ => "",
        };
    }

    private void WarnIfCSharpType(AnnotationSyntax annotation, FileSymbol file)
    {
        if (annotation.Key.Text == CSharpTypeKey)
        {
            Report(Rules.CSharpTypeMisplaced, file, annotation.Key.Span);
        }
    }
}
