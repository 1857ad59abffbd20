using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Semantics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Generator;

/// <summary>
/// The source generator: compiles the <c>ThriftFile</c> items of a project. Each file is parsed when it changes, and
/// compiled when it or something that it includes changes; everything that flows from step to step compares by value.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ThriftGenerator : IIncrementalGenerator
{
    /// <summary>The name of the step that reads the items.</summary>
    internal const string InputStep = "ThriftInput";

    /// <summary>The name of the step that parses.</summary>
    internal const string ParseStep = "ThriftParse";

    /// <summary>The name of the step that compiles a file with what it includes.</summary>
    internal const string CompileStep = "ThriftCompile";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var settings = context.AnalyzerConfigOptionsProvider.Select(static (options, _) => ProjectSettings.From(options.GlobalOptions));
        var inputs = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, cancellationToken) => ThriftInput.From(pair.Left, pair.Right, cancellationToken))
            .Where(static input => input is not null)
            .Select(static (input, _) => input!)
            .WithTrackingName(InputStep);
        var parsed = inputs
            .Select(static (input, _) => new ParsedInput(new SourceFile(Parser.Parse(input.Source, input.Options.Apache), input.Options), input.BadOptions))
            .WithTrackingName(ParseStep);
        var baseline = context.AdditionalTextsProvider
            .Combine(context.AnalyzerConfigOptionsProvider)
            .Select(static (pair, cancellationToken) => BaselineInput.From(pair.Left, pair.Right, cancellationToken))
            .Where(static input => input is not null)
            .Select(static (input, _) => input!);
        var units = parsed.Collect().Combine(settings).SelectMany(static (pair, _) => CompilationUnit.Divide(pair.Left, pair.Right));
        var compiled = units.Select(static (unit, cancellationToken) => unit.Compile(cancellationToken)).WithTrackingName(CompileStep);

        context.RegisterSourceOutput(
            compiled.SelectMany(static (unit, _) => unit.Files),
            static (output, file) => output.AddSource(file.HintName, SourceText.From(file.Text, Encoding.UTF8)));
        context.RegisterSourceOutput(compiled.SelectMany(static (unit, _) => unit.Diagnostics), Report);
        context.RegisterSourceOutput(
            baseline.Collect().Combine(parsed.Collect()).Combine(settings).SelectMany(static (x, _) => BaselineInput.Compare(x.Left.Left, x.Left.Right, x.Right)), Report);
        context.RegisterSourceOutput(
            compiled.Select(static (unit, _) => unit.Types).Collect().SelectMany(static (units, _) => DeclaredTypes.FindClashes(units)), Report);
    }

    private static void Report(SourceProductionContext output, IdlDiagnostic found)
    {
        var descriptor = new DiagnosticDescriptor(
            found.Id, found.Rule.Title, "{0}", "Rx.ThriftStreams", found.IsError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, isEnabledByDefault: true);
        var location = Location.Create(
            found.Path,
            new Microsoft.CodeAnalysis.Text.TextSpan(found.Span.Start, found.Span.Length),
            new LinePositionSpan(new LinePosition(found.Line - 1, found.Column - 1), new LinePosition(found.Location.EndLine - 1, found.Location.EndColumn - 1)));
        output.ReportDiagnostic(Diagnostic.Create(descriptor, location, found.Message));
    }
}
