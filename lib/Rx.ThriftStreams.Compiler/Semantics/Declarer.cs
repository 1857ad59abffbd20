using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Creates the symbols of one file and their C# names, which depend only on the file.</summary>
internal static class Declarer
{
    public static FileSymbol Declare(SourceFile source, DiagnosticBag diagnostics)
    {
        var file = new FileSymbol(source);
        file.Namespace = FindNamespace(file);
        file.Package = FindPackage(file);
        foreach (var definition in source.Syntax.Definitions)
        {
            var symbol = Create(file, definition);
            if (!file.Members.TryGetValue(symbol.Name, out var first))
            {
                file.Members.Add(symbol.Name, symbol);
            }
            else if (symbol is EnumSymbol || first is EnumSymbol)
            {
                diagnostics.Add(Rules.MultipleDefinition, file.Source, symbol.NameSpan, symbol.Name);
            }
            else
            {
                diagnostics.Add(Rules.DuplicateName, file.Source, symbol.NameSpan, symbol.Name);
            }
        }

        foreach (var symbol in file.Enums)
        {
            DeclareMembers(symbol, diagnostics);
        }

        NameTypes(file, diagnostics);
        return file;
    }

    private static Symbol Create(FileSymbol file, DefinitionSyntax definition)
    {
        switch (definition)
        {
            case ConstSyntax syntax:
                var constant = new ConstSymbol(file, syntax);
                file.Consts.Add(constant);
                return constant;
            case EnumSyntax syntax:
                var @enum = new EnumSymbol(file, syntax);
                file.Enums.Add(@enum);
                return @enum;
            case StructSyntax syntax:
                var @struct = new StructSymbol(file, syntax);
                file.Structs.Add(@struct);
                return @struct;
            case ServiceSyntax syntax:
                var service = new ServiceSymbol(file, syntax);
                file.Services.Add(service);
                return service;
            default:
                var typedef = new TypedefSymbol(file, definition);
                file.Typedefs.Add(typedef);
                return typedef;
        }
    }

    private static string? Scope(FileSymbol file, string scope)
    {
        string? found = null;
        foreach (var item in file.Syntax.Namespaces)
        {
            // The last one applies, as in both reference compilers.
            if (item.Scope.Text == scope)
            {
                found = item.Name.Text;
            }
        }

        return found;
    }

    private static string FindNamespace(FileSymbol file)
    {
        if (file.Options.Namespace is { } chosen)
        {
            return Naming.Namespace(chosen, pascal: false);
        }

        var written = Scope(file, "csharp") ?? Scope(file, "netstd");
        return written is not null
            ? Naming.Namespace(written, pascal: false)
            : Naming.Namespace(Scope(file, "*") ?? Scope(file, "go") ?? Naming.Identifier(file.Source.BaseName), pascal: true);
    }

    // As in Kitex: the last part of the Go namespace.
    private static string FindPackage(FileSymbol file)
    {
        if (file.Options.Package is { } chosen)
        {
            return chosen;
        }

        var name = Scope(file, "go") ?? Scope(file, "*") ?? file.Source.BaseName;
        return name.Substring(name.LastIndexOf('.') + 1).ToLowerInvariant();
    }

    private static void DeclareMembers(EnumSymbol symbol, DiagnosticBag diagnostics)
    {
        var file = symbol.File;
        var names = new HashSet<string>();
        var numbers = new Dictionary<long, string>();
        long next = 0;
        foreach (var syntax in symbol.Syntax.Members)
        {
            var value = syntax.Value?.Value ?? next;
            next = value == long.MaxValue ? value : value + 1;
            if (value is < int.MinValue or > int.MaxValue)
            {
                diagnostics.Add(Rules.EnumOverflow, file.Source, syntax.Value?.Span ?? syntax.Name.Span, value, symbol.Name, syntax.Name.Text);
                continue;
            }

            if (!names.Add(syntax.Name.Text))
            {
                diagnostics.Add(Rules.EnumDuplicateName, file.Source, syntax.Name.Span, symbol.Name, syntax.Name.Text);
                continue;
            }

            if (numbers.TryGetValue(value, out var other))
            {
                // Apache Thrift and C# allow aliases.
                if (!file.Options.Apache)
                {
                    diagnostics.Add(Rules.EnumDuplicateNumber, file.Source, syntax.Value?.Span ?? syntax.Name.Span, symbol.Name, value, other, syntax.Name.Text);
                }
            }
            else
            {
                numbers.Add(value, syntax.Name.Text);
            }

            symbol.Add(new EnumMemberSymbol(syntax, (int)value));
        }

        var scope = new NameScope([]);
        foreach (var member in symbol.Members.OrderBy(static m => m.Value).ThenBy(static m => m.Name, StringComparer.Ordinal))
        {
            var wanted = Naming.Pascal(member.Name, shout: true);
            member.CSharpName = scope.Take(wanted, member.Name, out var rival);
            if (rival is not null)
            {
                diagnostics.Add(Rules.NamesBecomeOne, file.Source, member.NameSpan, member.Name, rival, wanted, member.CSharpName);
            }
        }
    }

    // Named in the order of names, so that moving a declaration renames nothing.
    private static void NameTypes(FileSymbol file, DiagnosticBag diagnostics)
    {
        var members = file.Members.Values.OrderBy(static m => m.Name, StringComparer.Ordinal).ToList();
        var scope = new NameScope([]);
        foreach (var symbol in members.Where(static m => m is EnumSymbol or StructSymbol))
        {
            Name(symbol, scope, Naming.Pascal(symbol.Name), diagnostics);
        }

        file.ConstantsClass = scope.Take(Naming.Pascal(Naming.Identifier(file.Source.BaseName)) + "Constants");
        foreach (var service in members.OfType<ServiceSymbol>())
        {
            Name(service, scope, Naming.Pascal(service.Name), diagnostics, Family);
        }

        var constants = new NameScope([file.ConstantsClass, .. MemberNames.OfObject]);
        foreach (var constant in members.OfType<ConstSymbol>())
        {
            Name(constant, constants, Naming.Pascal(constant.Name, shout: true), diagnostics);
        }
    }

    private static void Name(Symbol symbol, NameScope scope, string wanted, DiagnosticBag diagnostics, Func<string, string[]>? family = null)
    {
        symbol.CSharpName = scope.Take(wanted, symbol.Name, out var rival, family);
        if (rival is not null)
        {
            diagnostics.Add(Rules.NamesBecomeOne, symbol.File.Source, symbol.NameSpan, symbol.Name, rival, wanted, symbol.CSharpName);
        }
    }

    /// <summary>The types that are generated for a service.</summary>
    public static string[] Family(string service)
        => ["I" + service, service + "Base", service + "Client", service + "Descriptor", "I" + service + "Rx", service + "RxBase", service + "RxExtensions"];
}
