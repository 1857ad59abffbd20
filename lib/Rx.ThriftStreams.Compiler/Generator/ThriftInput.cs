using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Text;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>A <c>ThriftFile</c> item: its text and options.</summary>
internal sealed record ThriftInput(IdlText Source, CompilerOptions Options, EquatableArray<BadOption> BadOptions)
{
    private const string Metadata = "build_metadata.AdditionalFiles.";

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
            // MSBuild cannot tell an empty property from a missing one: "-" says that there is to be no package.
            Package = package == "-" ? "" : package,
            AsyncSuffix = Choose("AsyncSuffix", true, ("true", true), ("false", false)),
            Sides = Choose("Generate", ServiceSides.Both, ("Both", ServiceSides.Both), ("Client", ServiceSides.Client), ("Server", ServiceSides.Server)),
            PreserveUnknownFields = Choose("PreserveUnknownFields", false, ("true", true), ("false", false)),
            Apache = Choose("Semantics", false, ("thriftgo", false), ("apache", true)),
        };
        return new ThriftInput(new IdlText(file.Path, text.ToString()), options, new EquatableArray<BadOption>(bad.ToArray()));
    }
}

/// <summary>An option with a value that is none of its choices.</summary>
internal sealed record BadOption(string Name, string Value, string Choices);

/// <summary>What holds for all files of the project.</summary>
internal sealed record ProjectSettings(string Directory, EquatableArray<string> IncludeDirectories)
{
    public static ProjectSettings From(AnalyzerConfigOptions options)
    {
        options.TryGetValue("build_property.ProjectDir", out var directory);
        options.TryGetValue("build_property.ThriftIncludePath", out var include);
        return new ProjectSettings(
            directory ?? "",
            new EquatableArray<string>((include ?? "").Split([';'], StringSplitOptions.RemoveEmptyEntries)));
    }
}
