using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

// Equality, hash code and text, which make the classes values.
internal sealed partial class StructEmitter
{
    private void Equality()
    {
        foreach (var field in _fields.Where(static f => CSharp.NeedsComparer(f.Type)))
        {
            _code.Line($"private static readonly {CSharp.Collections}IEqualityComparer<{CSharp.Type(field.Type)}> __comparer{field.Index} = {CSharp.Comparer(field.Type)};");
            _code.Line();
        }

        _code.Line("/// <summary>Whether both hold equal values; containers are compared by content.</summary>");
        _code.Open($"public bool Equals({CSharp.NotNullWhenTrue}{_globalName}? other)");
        _code.Line("return other is not null");
        foreach (var field in _fields)
        {
            _code.Line("    && " + Equal(field));
        }

        _code.Line("    ;");
        _code.Close();
        _code.Line();
        _code.Line("/// <inheritdoc/>");
        _code.Line($"public override bool Equals({CSharp.NotNullWhenTrue}object? obj) => obj is {_globalName} other && Equals(other);");
        _code.Line();
        _code.Line("/// <summary>A hash of all values. It changes with them: do not modify an object that is a key.</summary>");
        _code.Open("public override int GetHashCode()");
        _code.Line("var hash = new global::System.HashCode();");
        foreach (var field in _fields)
        {
            _code.Line(field switch
            {
                { Type.Kind: TypeKind.Binary, IsNullable: true } => $"hash.Add({field.Name} is {{ }} f{field.Index} ? __comparer{field.Index}.GetHashCode(f{field.Index}) : 0);",

                // 64 bits and more become 32 before HashCode adds its secret, and a peer may choose those that become the same.
                { Type.Kind: TypeKind.I64 or TypeKind.Double or TypeKind.Uuid, IsNullable: true } => $"hash.Add({field.Name} is {{ }} f{field.Index} ? {CSharp.Comparer(field.Type)}.GetHashCode(f{field.Index}) : 0);",
                { Type.Kind: TypeKind.I64 or TypeKind.Double or TypeKind.Uuid } => $"hash.Add({field.Name}, {CSharp.Comparer(field.Type)});",
                _ when CSharp.NeedsComparer(field.Type) => $"hash.Add({field.Name}, __comparer{field.Index}!);",
                _ => $"hash.Add({field.Name});",
            });
        }

        _code.Line("return hash.ToHashCode();");
        _code.Close();
        _code.Line();
    }

    private static string Equal(MemberField field)
    {
        var name = field.Name;
        return field.Type.Kind switch
        {
            TypeKind.Binary when field.IsNullable
                => $"({name} is {{ }} x{field.Index} ? other.{name} is {{ }} y{field.Index} && __comparer{field.Index}.Equals(x{field.Index}, y{field.Index}) : other.{name} is null)",
            _ when CSharp.NeedsComparer(field.Type) => $"__comparer{field.Index}.Equals({name}, other.{name})",
            TypeKind.Double or TypeKind.Struct => $"{CSharp.Collections}EqualityComparer<{field.CSharpType}>.Default.Equals({name}, other.{name})",
            _ => $"{name} == other.{name}",
        };
    }

    private void Text()
    {
        _code.Line("/// <summary>The values as text for people; the format can change.</summary>");
        _code.Open("public override string ToString()");
        Print();
        _code.Close();
    }

    private void Print()
    {
        _code.Line($"var printer = new {CSharp.Serialization}ThriftPrinter({CSharp.Literal(_name.TrimStart('@'))});");
        foreach (var field in _fields)
        {
            _code.Line($"printer.Add({CSharp.Literal(field.Name.TrimStart('@'))}, {field.Name});");
        }

        _code.Line("return printer.ToString();");
    }

    /// <summary>The field whose text is the exception's <c>Message</c>.</summary>
    private MemberField? MessageField => _fields.Find(static f => f.Symbol.IsExceptionMessage);

    private void ExceptionMessage()
    {
        _code.Line("/// <inheritdoc/>");
        _code.Line(CSharp.Hidden);
        _code.Open("protected override string? GetDeclaredMessage()");
        if (MessageField is { } message)
        {
            var isUtf8 = message.Type.Kind == TypeKind.Utf8String;
            _code.Open(isUtf8 ? $"if ({message.Name} is {{ IsEmpty: false }} text)" : $"if (!string.IsNullOrEmpty({message.Name}))");
            _code.Line(isUtf8 ? "return text.ToString();" : $"return {message.Name};");
            _code.Close();
            _code.Line();
        }

        Print();
        _code.Close();
    }
}
