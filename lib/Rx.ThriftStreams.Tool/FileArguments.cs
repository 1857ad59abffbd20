using Microsoft.Extensions.FileSystemGlobbing;
using Microsoft.Extensions.FileSystemGlobbing.Abstractions;

namespace Rx.ThriftStreams.Tool;

/// <summary>Files as they are named on the command line: paths, directories with all <c>.thrift</c> files in them, and globs.</summary>
internal static class FileArguments
{
    public const string Help = "The .thrift files: paths, directories (all .thrift files in them), or globs such as \"idl/**/*.thrift\".";

    /// <summary>The files, each once; <see langword="null"/>, once reported, if an argument names none.</summary>
    public static List<string>? Expand(IEnumerable<string> arguments, TextWriter error)
    {
        var files = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var argument in arguments)
        {
            var found = Find(argument);
            if (found is null)
            {
                error.WriteLine(IsGlob(argument) ? $"error: No file matches \"{argument}\"." : $"error: The file \"{argument}\" does not exist.");
                return null;
            }

            files.AddRange(found.Where(seen.Add));
        }

        return files;
    }

    public static bool IsGlob(string argument) => argument.Contains('*', StringComparison.Ordinal);

    private static List<string>? Find(string argument)
    {
        if (File.Exists(argument))
        {
            return [argument];
        }

        if (Directory.Exists(argument))
        {
            return Match(argument, "**/*.thrift");
        }

        if (!IsGlob(argument))
        {
            return null;
        }

        // The part before the first wildcard is a directory; the matcher does not accept absolute patterns.
        var pattern = argument.Replace('\\', '/');
        var slash = pattern.LastIndexOf('/', pattern.IndexOf('*', StringComparison.Ordinal));
        var directory = slash < 0 ? "" : pattern[..(slash == 0 ? 1 : slash)];
        var found = Directory.Exists(directory.Length == 0 ? "." : directory) ? Match(directory, pattern[(slash + 1)..]) : [];
        return found.Count == 0 ? null : found;
    }

    private static List<string> Match(string directory, string pattern)
    {
        var matcher = new Matcher(StringComparison.Ordinal).AddInclude(pattern);
        var result = matcher.Execute(new DirectoryInfoWrapper(new DirectoryInfo(directory.Length == 0 ? "." : directory)));
        return [.. result.Files.Select(f => directory.Length == 0 ? f.Path : directory.TrimEnd('/', '\\') + "/" + f.Path).Order(StringComparer.Ordinal)];
    }
}
