using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Syntax;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Semantics;

/// <summary>Collects files and what they include, from wherever a caller takes their text.</summary>
internal static class SourceReader
{
    /// <summary>Parses files and everything that they include, directly or not, in the order of first mention.</summary>
    /// <param name="named">The texts of the named files.</param>
    /// <param name="includeDirectories">The directories in which includes are looked for last.</param>
    /// <param name="namedOptions">The options of the named files.</param>
    /// <param name="includedOptions">The options of the files that they include.</param>
    /// <param name="read">Returns the text of an included file; <see langword="null"/> if there is none at a path.</param>
    public static List<SourceFile> Read(
        IEnumerable<IdlText> named,
        IReadOnlyList<string> includeDirectories,
        CompilerOptions namedOptions,
        CompilerOptions includedOptions,
        Func<string, IdlText?> read)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var files = new List<SourceFile>();
        string[] directories = ["", .. includeDirectories];
        foreach (var text in named)
        {
            if (known.Add(IdlPath.Normalize(text.Path)))
            {
                Add(text, namedOptions);
            }
        }

        for (var i = 0; i < files.Count; i++)
        {
            foreach (var include in files[i].Syntax.Includes)
            {
                foreach (var candidate in SourceSet.Candidates(files[i].Path, include.Path, directories, files[i].Options.Apache))
                {
                    if (known.Contains(IdlPath.Normalize(candidate)))
                    {
                        break;
                    }

                    if (read(candidate) is { } text)
                    {
                        known.Add(IdlPath.Normalize(candidate));
                        Add(text, includedOptions);
                        break;
                    }
                }
            }
        }

        return files;

        void Add(IdlText text, CompilerOptions options) => files.Add(new SourceFile(Parser.Parse(text, options.Apache), options));
    }
}
