using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>Structs, exceptions, and the wrappers around arguments and results.</summary>
internal sealed partial class StructEmitter
{
    private const string MessageWrapper = "global::Rx.ThriftStreams.Contracts.IThriftMessageWrapper";

    private readonly CodeWriter _code;
    private readonly string _name;
    private readonly string _globalName;
    private readonly string _idlName;
    private readonly List<MemberField> _fields;
    private readonly bool _isException;
    private readonly bool _keepsUnknown;

    private StructEmitter(CodeWriter code, string name, string globalName, string idlName, List<MemberField> fields, bool isException = false, bool keepsUnknown = false)
    {
        _isException = isException;
        _keepsUnknown = keepsUnknown;
        _code = code;
        _name = name;
        _globalName = globalName;
        _idlName = idlName;
        _fields = fields;
    }

    /// <summary>A struct or exception.</summary>
    public static void Emit(CodeWriter code, StructSymbol symbol, List<FieldSymbol> fields)
    {
        var isException = symbol.Kind == StructKind.Exception;
        var emitter = new StructEmitter(code, symbol.CSharpName, symbol.GlobalName, symbol.Name, MemberField.Of(fields), isException, symbol.File.Options.PreserveUnknownFields);
        code.Doc(symbol.Doc, (isException ? "The exception " : "The struct ") + CSharp.Code(symbol.Name) + " of the IDL.");
        code.Line(CSharp.GeneratedCode);
        var bases = isException ? "global::Rx.ThriftStreams.ThriftDeclaredException, " : "";
        code.Open($"public sealed partial class {symbol.CSharpName} : {bases}{CSharp.Serialization}IThriftStruct<{symbol.GlobalName}>, global::System.IEquatable<{symbol.GlobalName}>");
        emitter.Constructors();
        if (isException)
        {
            emitter.MessageConstructor();
        }

        emitter.Properties();
        emitter.Read("public", documented: true);
        emitter.Write(documented: true);
        emitter.Equality();
        if (isException)
        {
            emitter.ExceptionMessage();
        }
        else
        {
            emitter.Text();
        }

        code.Close();
    }

    /// <summary>The internal wrapper of a method's arguments or result: its wire form, and the value that middleware sees.</summary>
    /// <param name="code">Receives the code.</param>
    /// <param name="name">The name of the class.</param>
    /// <param name="globalName">The qualified name of the class.</param>
    /// <param name="idlName">Its name in error messages.</param>
    /// <param name="fields">The arguments; or the result and the exceptions.</param>
    /// <param name="isResult">Whether at most one of the fields is set.</param>
    public static void EmitWrapper(CodeWriter code, string name, string globalName, string idlName, List<FieldSymbol> fields, bool isResult)
    {
        var emitter = new StructEmitter(code, name, globalName, idlName, MemberField.Of(fields));
        code.Line(CSharp.GeneratedCode);
        code.Open($"internal sealed class {name} : {CSharp.Serialization}IThriftStruct<{globalName}>, {MessageWrapper}");
        emitter.Constructors();
        foreach (var field in emitter._fields)
        {
            code.Line($"public {(field.IsRequiredMember ? "required " : "")}{field.CSharpType} {field.Name} {{ get; set; }}");
            code.Line();
        }

        var shown = fields.Count == 1 || isResult
            ? string.Join(" ?? ", emitter._fields.Select(static f => "(object?)" + f.Name))
            : "";
        code.Line($"object? {MessageWrapper}.Value => {(shown.Length == 0 ? "null" : shown)};");
        code.Line();
        emitter.Read("public", documented: false);
        emitter.Write(documented: false);
        code.Close();
    }

    private void Constructors()
    {
        foreach (var field in _fields.Where(static f => f.SharedDefault is not null))
        {
            _code.Line($"private static readonly {CSharp.Type(field.Type)} {field.SharedDefault} = {CSharp.Value(field.Symbol.Default!, field.Type)};");
            _code.Line();
        }

        var initialized = _fields.Where(static f => f.Initializer is not null).ToList();
        _code.Line($"/// <summary>Creates the object with the defaults of the IDL.</summary>");
        _code.Open($"public {_name}()");
        foreach (var field in initialized)
        {
            _code.Line($"{field.Name} = {field.Initializer};");
        }

        _code.Close();
        _code.Line();

        // Used by Read only, which assigns most properties itself. The type of the parameter distinguishes it from constructors that users add.
        if (_fields.Exists(static f => f.IsRequiredMember))
        {
            _code.Line("[global::System.Diagnostics.CodeAnalysis.SetsRequiredMembers]");
        }

        _code.Line("#pragma warning disable CS8618 // Read assigns every property");
        _code.Open($"private {_name}({CSharp.Serialization}ThriftType _)");
        foreach (var field in initialized.Where(static f => f.InitializerIsCheap))
        {
            _code.Line($"{field.Name} = {field.Initializer};");
        }

        _code.Close();
        _code.Line("#pragma warning restore CS8618");
        _code.Line();
    }

    // As .NET exceptions have; only where nothing but the message has to be set.
    private void MessageConstructor()
    {
        if (MessageField is not { } message || _fields.Exists(f => f.IsRequiredMember && f != message))
        {
            return;
        }

        _code.Line("/// <summary>Creates the exception with a message.</summary>");
        _code.Line($"/// <param name=\"message\">The value of <see cref=\"{message.Name}\"/>.</param>");
        if (message.IsRequiredMember)
        {
            _code.Line("[global::System.Diagnostics.CodeAnalysis.SetsRequiredMembers]");
        }

        var isUtf8 = message.Type.Kind == TypeKind.Utf8String;
        _code.Line($"public {_name}(string{(message.IsNullable ? "?" : "")} message)");
        _code.Line("    : this()");
        _code.Open();
        _code.Line($"{message.Name} = {(isUtf8 ? (message.IsNullable ? "message is null ? null : " : "") + $"new {CSharp.Utf8String}(message)" : "message")};");
        _code.Close();
        _code.Line();
    }

    private void Properties()
    {
        if (_keepsUnknown)
        {
            _code.Line($"private {CSharp.Serialization}ThriftUnknownFields? __unknown;");
            _code.Line();
        }

        foreach (var field in _fields)
        {
            _code.Doc(field.Symbol.Doc, "The field " + CSharp.Code(field.Symbol.Name) + " of the IDL, id " + field.Id + ".");
            _code.Line($"public {(field.IsRequiredMember ? "required " : "")}{field.CSharpType} {field.Name} {{ get; set; }}");
            _code.Line();
        }
    }

    private void Write(bool documented)
    {
        if (documented)
        {
            _code.Line("/// <inheritdoc/>");
            _code.Line(CSharp.Hidden);
        }

        _code.Line("public void Write<TWriter>(ref TWriter writer)");
        _code.Line("    " + ValueCode.WriterConstraint);
        _code.Open();
        _code.Line("writer.BeginStruct();");
        foreach (var field in _fields)
        {
            WriteField(field);
        }

        if (_keepsUnknown)
        {
            _code.Line("__unknown?.Write(ref writer);");
        }

        _code.Line("writer.EndStruct();");
        _code.Close();
        _code.Line();
    }

    private void WriteField(MemberField field)
    {
        if (field.IsNullable)
        {
            var condition = $"{field.Name} is {{ }} f{field.Index}";
            if (field.Symbol.Default is not null && field.InitializerIsCheap)
            {
                // As in Kitex, an optional field that equals its default is not written.
                var literal = field.Initializer;
                condition += field.Type.Kind == TypeKind.Double ? $" && !f{field.Index}.Equals({literal})" : $" && f{field.Index} != {literal}";
            }

            _code.Open($"if ({condition})");
            FieldCode.WriteValue(_code, field, "f" + field.Index);
            _code.Close();
            _code.Line();
            return;
        }

        if (!field.Type.IsContainer)
        {
            FieldCode.WriteValue(_code, field, Present(field));
            return;
        }

        _code.Open();
        FieldCode.WriteValue(_code, field, Present(field));
        _code.Close();
        _code.Line();
    }

    // The property is not nullable, but nothing stops a user from assigning null!.
    private string Present(MemberField field)
    {
        if (field.Type.IsValueType)
        {
            return field.Name;
        }

        if (field.IsRequired)
        {
            return $"({field.Name} ?? throw global::Rx.ThriftStreams.ThriftProtocolException.RequiredFieldMissing({CSharp.Literal(_idlName)}, {CSharp.Literal(field.Symbol.Name)}, {field.Id}))";
        }

        return field.Type.Kind == TypeKind.String ? $"{field.Name} ?? \"\"" : field.Type.Kind == TypeKind.List ? field.Name : $"({field.Name} ?? {CSharp.NewContainer(field.Type)})";
    }
}
