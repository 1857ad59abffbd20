using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Rx.ThriftStreams.Compiler.Semantics;

namespace Rx.ThriftStreams.Compiler.Emit;

/// <summary>The beginnings of the names of generated files: the IDL file's name, numbered where several files share it.</summary>
internal static class FilePrefixes
{
    public static Dictionary<SourceFile, string> Of(IEnumerable<SourceFile> files)
    {
        var result = new Dictionary<SourceFile, string>();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var counts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in files.OrderBy(static f => f.Path, StringComparer.Ordinal))
        {
            var name = Naming.Identifier(file.Syntax.Source.BaseName);
            var prefix = name;
            while (!taken.Add(prefix))
            {
                counts.TryGetValue(name, out var count);
                counts[name] = count = Math.Max(count, 1) + 1;
                prefix = name + "." + count.ToString(CultureInfo.InvariantCulture);
            }

            result.Add(file, prefix);
        }

        return result;
    }
}
