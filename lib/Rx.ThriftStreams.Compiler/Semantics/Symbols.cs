using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>One file with its declarations. Names and ids are known at once; types and values are bound on first use.</summary>
internal sealed class FileSymbol(SourceFile source)
{
    public SourceFile SourceFile { get; } = source;

    public DocumentSyntax Syntax => SourceFile.Syntax;

    public CompilerOptions Options => SourceFile.Options;

    public IdlText Source => Syntax.Source;

    public string Path => Syntax.Source.Path;

    /// <summary>The C# namespace, its parts escaped.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>The package of the gRPC path; may be empty.</summary>
    public string Package { get; set; } = "";

    /// <summary>The name of the static class that holds the constants.</summary>
    public string ConstantsClass { get; set; } = "";

    /// <summary>The included files by prefix; several where they have one base name.</summary>
    public Dictionary<string, List<SourceFile>> Includes { get; } = [];

    /// <summary>The declarations by IDL name; the first one where a name is repeated.</summary>
    public Dictionary<string, Symbol> Members { get; } = [];

    public List<EnumSymbol> Enums { get; } = [];

    public List<StructSymbol> Structs { get; } = [];

    public List<TypedefSymbol> Typedefs { get; } = [];

    public List<ConstSymbol> Consts { get; } = [];

    public List<ServiceSymbol> Services { get; } = [];
}

/// <summary>A declaration.</summary>
internal abstract class Symbol(FileSymbol file, DefinitionSyntax syntax)
{
    public FileSymbol File { get; } = file;

    public string Name => syntax.Name.Text;

    public TextSpan NameSpan => syntax.Name.Span;

    public string? Doc => syntax.Doc;

    public IReadOnlyList<AnnotationSyntax> Annotations => syntax.Annotations;

    /// <summary>The identifier in C#, without namespace, escaped where needed.</summary>
    public string CSharpName { get; set; } = "";

    /// <summary>The fully qualified C# type.</summary>
    public string GlobalName => File.Namespace.Length == 0 ? "global::" + CSharpName : "global::" + File.Namespace + "." + CSharpName;
}

internal sealed class TypedefSymbol(FileSymbol file, DefinitionSyntax syntax) : Symbol(file, syntax)
{
    /// <summary><see langword="null"/> for a senum, which is a string.</summary>
    public TypeSyntax? Target { get; } = (syntax as TypedefSyntax)?.Type;

    public TypeRef? Resolved { get; set; }

    public bool Resolving { get; set; }
}

internal sealed class ConstSymbol(FileSymbol file, ConstSyntax syntax) : Symbol(file, syntax)
{
    public ConstSyntax Syntax { get; } = syntax;

    public bool Evaluating { get; set; }

    public TypeRef Type { get; set; } = TypeRef.Error;

    public ConstValue? Value { get; set; }
}

internal sealed class EnumSymbol(FileSymbol file, EnumSyntax syntax) : Symbol(file, syntax)
{
    public EnumSyntax Syntax { get; } = syntax;

    public List<EnumMemberSymbol> Members { get; } = [];

    public Dictionary<string, EnumMemberSymbol> MembersByName { get; } = [];

    /// <summary>The first member of each number.</summary>
    public Dictionary<int, EnumMemberSymbol> MembersByValue { get; } = [];

    public void Add(EnumMemberSymbol member)
    {
        Members.Add(member);
        MembersByName.Add(member.Name, member);
        if (!MembersByValue.ContainsKey(member.Value))
        {
            MembersByValue.Add(member.Value, member);
        }
    }
}

internal sealed class EnumMemberSymbol(EnumMemberSyntax syntax, int value)
{
    public EnumMemberSyntax Syntax => syntax;

    public string Name => syntax.Name.Text;

    public TextSpan NameSpan => syntax.Name.Span;

    public string? Doc => syntax.Doc;

    public int Value { get; } = value;

    public string CSharpName { get; set; } = "";
}

/// <summary>The state of a struct in the search for endless defaults.</summary>
internal enum DefaultsCheck : byte
{
    None,
    Running,
    Done,
}

internal sealed class StructSymbol(FileSymbol file, StructSyntax syntax) : Symbol(file, syntax)
{
    public StructSyntax Syntax { get; } = syntax;

    public StructKind Kind => Syntax.Kind;

    public bool IsUnion => Syntax.Kind == StructKind.Union;

    public bool HasRequiredFields { get; } = AnyRequired(syntax);

    /// <summary>The fields in the order of the file; bound by <see cref="Binder.FieldsOf"/>.</summary>
    public List<FieldSymbol>? BoundFields { get; set; }

    /// <summary>The bound fields by their IDL names.</summary>
    public Dictionary<string, FieldSymbol> FieldsByName { get; } = [];

    public DefaultsCheck DefaultsCheck { get; set; }

    private static bool AnyRequired(StructSyntax syntax)
    {
        if (syntax.Kind != StructKind.Union)
        {
            foreach (var field in syntax.Fields)
            {
                if (field.Requiredness == Requiredness.Required)
                {
                    return true;
                }
            }
        }

        return false;
    }
}

internal sealed class FieldSymbol(FieldSyntax syntax, short id, TypeRef type, Requiredness requiredness)
{
    public FieldSyntax Syntax { get; } = syntax;

    public string Name => Syntax.Name.Text;

    public string? Doc => Syntax.Doc;

    public short Id { get; } = id;

    public TypeRef Type { get; } = type;

    public Requiredness Requiredness { get; } = requiredness;

    /// <summary>Whether the text of the field is the <c>Message</c> of its exception.</summary>
    public bool IsExceptionMessage { get; set; }

    public ConstValue? Default { get; set; }

    public string CSharpName { get; set; } = "";
}

internal enum StreamingMode
{
    PingPong,
    Unary,
    Client,
    Server,
    Bidirectional,
}

internal sealed class ServiceSymbol(FileSymbol file, ServiceSyntax syntax) : Symbol(file, syntax)
{
    public ServiceSyntax Syntax { get; } = syntax;

    public ServiceSymbol? Base { get; set; }

    public bool BaseBound { get; set; }

    /// <summary>The number of services that it inherits from, directly or not.</summary>
    public int Depth { get; set; }

    /// <summary>The names of its functions in C#, on top of those of the base service.</summary>
    public NameScope Scope { get; set; } = new([]);

    public Dictionary<string, FunctionSymbol> FunctionsByName { get; } = [];

    public List<FunctionSymbol>? BoundFunctions { get; set; }
}

internal sealed class FunctionSymbol(ServiceSymbol service, FunctionSyntax syntax)
{
    public ServiceSymbol Service { get; } = service;

    public FunctionSyntax Syntax { get; } = syntax;

    public string Name => Syntax.Name.Text;

    public string? Doc => Syntax.Doc;

    public bool IsOneway => Syntax.IsOneway;

    /// <summary>By the annotation <c>(idempotent = "true")</c>.</summary>
    public bool IsIdempotent => Syntax.Annotations.Any(static a => a.Key.Text == Binder.IdempotentKey && a.Value == "true");

    public StreamingMode Mode { get; set; }

    public bool IsStreaming => Mode is StreamingMode.Client or StreamingMode.Server or StreamingMode.Bidirectional;

    /// <summary><see langword="null"/> for void.</summary>
    public TypeRef? ReturnType { get; set; }

    public List<FieldSymbol> Arguments { get; set; } = [];

    public List<FieldSymbol> Throws { get; set; } = [];

    /// <summary>In C# case, without <c>Async</c>.</summary>
    public string CSharpName { get; set; } = "";
}
