using System;
using System.Collections.Generic;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>The declarations of a version: by file and name, and, for those that moved, by name alone.</summary>
internal sealed class DeclarationIndex
{
    private readonly Dictionary<string, VersionedFile> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<FileSymbol, Binder> _binders = [];
    private readonly ILookup<string, (string File, Symbol Symbol)> _byName;

    public DeclarationIndex(IReadOnlyList<VersionedFile> files)
    {
        foreach (var file in files)
        {
            _files[file.Name] = file;
            _binders[file.File.File] = file.File.Binder;
        }

        _byName = files.SelectMany(static f => f.File.File.Members.Values.Select(m => (f.Name, m))).ToLookup(static d => d.m.Name);
    }

    public FileSymbol? File(string name) => _files.TryGetValue(name, out var file) ? file.File.File : null;

    public Binder BinderOf(Symbol symbol) => _binders[symbol.File];

    /// <summary>The successor of a declaration: the one of its name in its file, otherwise the only one of its name and kind in another file.</summary>
    public (string File, Symbol Symbol)? Successor(string file, Symbol symbol)
    {
        if (File(file) is { } same && same.Members.TryGetValue(symbol.Name, out var found))
        {
            return (file, found);
        }

        var moved = _byName[symbol.Name].Where(d => d.Symbol.GetType() == symbol.GetType()).Take(2).ToList();
        return moved.Count == 1 ? moved[0] : null;
    }
}
