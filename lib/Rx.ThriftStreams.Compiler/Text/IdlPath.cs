using System;
using System.Collections.Generic;

namespace Rx.ThriftStreams.Compiler.Text;

/// <summary>Paths as text: the compiler never accesses the disk.</summary>
internal static class IdlPath
{
    public static string BaseName(string path)
    {
        var slash = path.LastIndexOfAny(['/', '\\']);
        var name = path.Substring(slash + 1);
        return name.EndsWith(".thrift", StringComparison.OrdinalIgnoreCase) ? name.Substring(0, name.Length - 7) : name;
    }

    public static string Directory(string path)
    {
        var slash = path.LastIndexOfAny(['/', '\\']);
        return slash < 0 ? "" : path.Substring(0, slash == 0 ? 1 : slash);
    }

    /// <summary>With forward slashes and without <c>.</c> and <c>..</c> parts, so that two spellings of one path compare equal.</summary>
    public static string Normalize(string path)
    {
        var parts = path.Replace('\\', '/').Split('/');
        var kept = new List<string>(parts.Length);
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            if (part == "." || (part.Length == 0 && i > 0))
            {
                continue;
            }

            if (part == ".." && kept.Count > 0 && kept[kept.Count - 1] is not ".." and not "")
            {
                kept.RemoveAt(kept.Count - 1);
                continue;
            }

            kept.Add(part);
        }

        return string.Join("/", kept);
    }

    public static string Combine(string directory, string path)
        => directory.Length == 0 || IsRooted(path) ? Normalize(path) : Normalize(directory + "/" + path);

    public static bool IsRooted(string path)
        => path.Length > 0 && (path[0] is '/' or '\\' || (path.Length > 2 && path[1] == ':' && path[2] is '/' or '\\'));
}
