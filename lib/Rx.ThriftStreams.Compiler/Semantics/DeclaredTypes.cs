using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>A C# type with the place in the IDL that it is generated from. Equal by value.</summary>
internal sealed record DeclaredType(string Name, IdlLocation Location);

/// <summary>The C# types generated from a file; two files of a project must not generate the same type.</summary>
internal static class DeclaredTypes
{
    /// <summary>All types of a file with their namespaces, in the order of the generated files.</summary>
    public static IEnumerable<DeclaredType> Of(FileSymbol file)
    {
        IEnumerable<Symbol> types = file.Enums.Cast<Symbol>().Concat(file.Structs).Where(s => file.Members[s.Name] == s);
        foreach (var symbol in types)
        {
            yield return Declared(symbol, symbol.CSharpName);
        }

        if (file.Consts.Count > 0)
        {
            yield return Declared(file.Consts[0], file.ConstantsClass);
        }

        foreach (var service in file.Services.Where(s => file.Members[s.Name] == s))
        {
            foreach (var name in Declarer.Family(service.CSharpName))
            {
                yield return Declared(service, name);
            }
        }
    }

    /// <summary>Types that an earlier file generates as well; files are ordered by their paths, and each is reported once.</summary>
    public static IEnumerable<IdlDiagnostic> FindClashes(IEnumerable<IEnumerable<DeclaredType>> files)
    {
        var owners = new Dictionary<string, IdlLocation>(StringComparer.Ordinal);
        foreach (var file in files.Select(static f => f.ToList()).Where(static f => f.Count > 0).OrderBy(static f => f[0].Location.Path, StringComparer.Ordinal))
        {
            var reported = false;
            foreach (var type in file)
            {
                if (!owners.TryGetValue(type.Name, out var owner))
                {
                    owners.Add(type.Name, type.Location);
                }
                else if (!reported && owner.Path != type.Location.Path)
                {
                    reported = true;
                    yield return IdlDiagnostic.Create(Rules.GeneratedNameClash, isError: true, type.Location, type.Name, owner.Path);
                }
            }
        }
    }

    private static DeclaredType Declared(Symbol symbol, string name)
    {
        var file = symbol.File;
        var plain = name.TrimStart('@');
        return new DeclaredType(file.Namespace.Length == 0 ? plain : file.Namespace + "." + plain, IdlLocation.Of(file.Source, symbol.NameSpan));
    }
}
