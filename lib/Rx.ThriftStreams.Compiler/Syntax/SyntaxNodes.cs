using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Syntax;

/// <summary>A name with its position.</summary>
internal readonly record struct NameSyntax(string Text, TextSpan Span);

/// <summary><c>key = "value"</c>; the value is "1" in Apache's short form without one.</summary>
internal sealed record AnnotationSyntax(NameSyntax Key, string Value, TextSpan ValueSpan);

/// <summary>A whole file.</summary>
internal sealed record DocumentSyntax(
    IdlText Source,
    IReadOnlyList<IncludeSyntax> Includes,
    IReadOnlyList<NamespaceSyntax> Namespaces,
    IReadOnlyList<DefinitionSyntax> Definitions,
    IReadOnlyList<IdlDiagnostic> Diagnostics)
{
    public bool HasErrors
    {
        get
        {
            foreach (var diagnostic in Diagnostics)
            {
                if (diagnostic.Severity == IdlSeverity.Error)
                {
                    return true;
                }
            }

            return false;
        }
    }
}

internal sealed record IncludeSyntax(string Path, TextSpan Span);

internal sealed record NamespaceSyntax(NameSyntax Scope, NameSyntax Name, IReadOnlyList<AnnotationSyntax> Annotations);

internal abstract record DefinitionSyntax(NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations);

internal sealed record ConstSyntax(
    NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations, TypeSyntax Type, ConstValueSyntax Value)
    : DefinitionSyntax(Name, Doc, Annotations);

internal sealed record TypedefSyntax(NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations, TypeSyntax Type)
    : DefinitionSyntax(Name, Doc, Annotations);

internal sealed record EnumSyntax(NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations, IReadOnlyList<EnumMemberSyntax> Members)
    : DefinitionSyntax(Name, Doc, Annotations);

internal sealed record EnumMemberSyntax(NameSyntax Name, string? Doc, IntSyntax? Value, IReadOnlyList<AnnotationSyntax> Annotations);

/// <summary>The historic enumeration of strings; a string on the wire.</summary>
internal sealed record SenumSyntax(NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations, IReadOnlyList<string> Values)
    : DefinitionSyntax(Name, Doc, Annotations);

internal enum StructKind : byte
{
    Struct,
    Union,
    Exception,
}

internal sealed record StructSyntax(
    NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations, StructKind Kind, IReadOnlyList<FieldSyntax> Fields)
    : DefinitionSyntax(Name, Doc, Annotations);

internal sealed record ServiceSyntax(
    NameSyntax Name, string? Doc, IReadOnlyList<AnnotationSyntax> Annotations, NameSyntax? Extends, IReadOnlyList<FunctionSyntax> Functions)
    : DefinitionSyntax(Name, Doc, Annotations);

internal enum Requiredness : byte
{
    Default,
    Required,
    Optional,
}

internal sealed record FieldSyntax(
    NameSyntax Name,
    string? Doc,
    IntSyntax? Id,
    Requiredness Requiredness,
    TextSpan RequirednessSpan,
    TypeSyntax Type,
    ConstValueSyntax? Default,
    IReadOnlyList<AnnotationSyntax> Annotations);

internal sealed record FunctionSyntax(
    NameSyntax Name,
    string? Doc,
    bool IsOneway,
    TypeSyntax? ReturnType,
    IReadOnlyList<FieldSyntax> Arguments,
    IReadOnlyList<FieldSyntax> Throws,
    IReadOnlyList<AnnotationSyntax> Annotations);

internal enum TypeSyntaxKind : byte
{
    Named,
    List,
    Set,
    Map,
}

/// <summary>A type. <see cref="First"/> is the element or key, <see cref="Second"/> the value of a map.</summary>
internal sealed record TypeSyntax(
    TypeSyntaxKind Kind, string Name, TextSpan Span, TypeSyntax? First, TypeSyntax? Second, IReadOnlyList<AnnotationSyntax> Annotations);

/// <summary>An integer with its notation, which matters for field ids.</summary>
internal sealed record IntSyntax(long Value, bool IsDecimal, TextSpan Span);

internal abstract record ConstValueSyntax(TextSpan Span);

internal sealed record IntValueSyntax(long Value, TextSpan Span) : ConstValueSyntax(Span);

internal sealed record DoubleValueSyntax(double Value, TextSpan Span) : ConstValueSyntax(Span);

internal sealed record LiteralValueSyntax(string Value, TextSpan Span) : ConstValueSyntax(Span);

internal sealed record NameValueSyntax(string Name, TextSpan Span) : ConstValueSyntax(Span);

internal sealed record ListValueSyntax(IReadOnlyList<ConstValueSyntax> Elements, TextSpan Span) : ConstValueSyntax(Span);

internal sealed record MapValueSyntax(IReadOnlyList<KeyValuePair<ConstValueSyntax, ConstValueSyntax>> Pairs, TextSpan Span) : ConstValueSyntax(Span);
