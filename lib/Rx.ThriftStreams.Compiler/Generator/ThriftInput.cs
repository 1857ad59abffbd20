using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using Rx.ThriftStreams.Compiler.Compatibility;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>A <c>ThriftFile</c> item: its text and options.</summary>
internal sealed record ThriftInput(IdlText Source, CompilerOptions Options, EquatableArray<BadOption> BadOptions)
{
    public const string Metadata = "build_metadata.AdditionalFiles.";

    public static ThriftInput? From(AdditionalText file, AnalyzerConfigOptionsProvider provider, CancellationToken cancellationToken)
    {
        var item = provider.GetOptions(file);
        if (!item.TryGetValue(Metadata + "SourceItemType", out var type) || type != "ThriftFile" || file.GetText(cancellationToken) is not { } text)
        {
            return null;
        }

        var bad = new List<BadOption>();
        string? Get(string name)
        {
            if (item.TryGetValue(Metadata + name, out var value) && value.Length > 0)
            {
                return value;
            }

            return provider.GlobalOptions.TryGetValue("build_property.Thrift" + name, out value) && value.Length > 0 ? value : null;
        }

        T Choose<T>(string name, T fallback, params (string Text, T Value)[] choices)
        {
            if (Get(name) is not { } written)
            {
                return fallback;
            }

            foreach (var (choice, value) in choices)
            {
                if (string.Equals(written, choice, StringComparison.OrdinalIgnoreCase))
                {
                    return value;
                }
            }

            bad.Add(new BadOption("Thrift" + name, written, string.Join(" or ", Array.ConvertAll(choices, static c => c.Text))));
            return fallback;
        }

        var package = Get("Package");
        var options = new CompilerOptions
        {
            Namespace = Get("Namespace"),
            // MSBuild cannot distinguish an empty property from a missing one: "-" means no package.
            Package = package == "-" ? "" : package,
            AsyncSuffix = Choose("AsyncSuffix", true, ("true", true), ("false", false)),
            Sides = Choose("Generate", ServiceSides.Both, ("Both", ServiceSides.Both), ("Client", ServiceSides.Client), ("Server", ServiceSides.Server)),
            PreserveUnknownFields = Choose("PreserveUnknownFields", false, ("true", true), ("false", false)),
            Apache = Choose("Semantics", false, ("thriftgo", false), ("apache", true)),
        };
        return new ThriftInput(new IdlText(file.Path, text.ToString(), IsUnicode(text)), options, new EquatableArray<BadOption>(bad.ToArray()));
    }

    // Where a file is not UTF-8, the C# compiler falls back to a code page.
    private static bool IsUnicode(SourceText text) => text.Encoding is null || text.Encoding.CodePage is 65001 or 1200 or 1201 or 12000 or 12001;
}

/// <summary>An option whose value is not one of its choices.</summary>
internal sealed record BadOption(string Name, string Value, string Choices);

/// <summary>Settings that apply to all files of the project.</summary>
internal sealed record ProjectSettings(string Directory, EquatableArray<string> IncludeDirectories, string BreakingLevel)
{
    public static ProjectSettings From(AnalyzerConfigOptions options)
    {
        options.TryGetValue("build_property.ProjectDir", out var directory);
        options.TryGetValue("build_property.ThriftIncludePath", out var include);
        return new ProjectSettings(
            directory ?? "",
            new EquatableArray<string>((include ?? "").Split([';'], StringSplitOptions.RemoveEmptyEntries)),
            options.TryGetValue("build_property.ThriftBreakingLevel", out var level) && level.Length > 0 ? level : nameof(CompatibilityLevel.Source));
    }

    public SourceSet SourcesOf(IEnumerable<SourceFile> files) => new(files, Directory, IncludeDirectories.Items) { MissingIncludeHint = Suggest };

    // The path beside the including file, as the project would write it.
    private string Suggest(string includingPath, string include)
    {
        var path = IdlPath.Combine(IdlPath.Directory(includingPath), include);
        var project = IdlPath.Normalize(Directory).TrimEnd('/') + "/";
        path = path.StartsWith(project, StringComparison.Ordinal) ? path.Substring(project.Length) : path;
        return $"Add <ThriftFile Include=\"{path}\" /> to the project.";
    }
}
