using System;
using System.Collections.Generic;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Syntax;

namespace Rx.ThriftStreams.Compiler.Semantics;

// Annotations are open: other generators have their own, which are ignored. A name that is nearly one of ours is a mistake that would have no effect.
internal sealed partial class Binder
{
    /// <summary>The annotation of functions that may be called more than once.</summary>
    public const string IdempotentKey = "idempotent";

    /// <summary>The annotation of what a comparison with an older version accepts.</summary>
    public const string BreakingIgnoreKey = "breaking.ignore";

    private const string CSharpPrefix = "csharp";

    // What people write instead of streaming.mode. With other values these names may belong to another generator.
    private static readonly string[] ModeNames = ["mode", "streaming", "stream"];

    private static readonly string[] Keys = [CSharpTypeKey, IdempotentKey, BreakingIgnoreKey];

    private void WarnIfMisspelt(IReadOnlyList<AnnotationSyntax> annotations, FileSymbol file)
    {
        foreach (var annotation in annotations)
        {
            WarnIfMisspelt(annotation, file);
        }
    }

    private void WarnIfMisspelt(AnnotationSyntax annotation, FileSymbol file)
    {
        var key = annotation.Key.Text;
        if (key == StreamingModeKey || Array.IndexOf(Keys, key) >= 0)
        {
            return;
        }

        var meant = Array.Find(Keys, known => IsNear(key, known));
        if (meant is not null || key.StartsWith(CSharpPrefix + ".", StringComparison.Ordinal))
        {
            Report(Rules.AnnotationMisspelt, file, annotation.Key.Span, key, meant is null ? "" : Hints.DidYouMean(meant, [meant]));
        }
    }

    /// <summary>Whether one key is a misspelling of the other. Each part has to be, so that the annotations of other generators, as in <c>java.type</c>, are not.</summary>
    private static bool IsNear(string written, string known)
    {
        var dot = written.IndexOf('.');
        var knownDot = known.IndexOf('.');
        if (dot < 0)
        {
            return IsNearPart(written, known);
        }

        var prefix = written.Substring(0, dot);
        return knownDot > 0 && prefix != "fsharp" && IsNearPart(prefix, known.Substring(0, knownDot)) && IsNearPart(written.Substring(dot + 1), known.Substring(knownDot + 1));
    }

    private static bool IsNearPart(string written, string known) => Hints.DidYouMean(written, [known]).Length > 0;

    private void WarnIfFunctionMisspelt(AnnotationSyntax annotation, FileSymbol file)
    {
        var key = annotation.Key.Text;
        if (Array.IndexOf(ModeNames, key.ToLowerInvariant()) >= 0 && Array.IndexOf(Modes, annotation.Value.ToLowerInvariant()) >= 0)
        {
            Report(Rules.AnnotationMisspelt, file, annotation.Key.Span, key, Hints.DidYouMean(StreamingModeKey, [StreamingModeKey]));
        }
        else
        {
            WarnIfMisspelt(annotation, file);
        }
    }

    private void CheckIdempotent(FunctionSymbol function, FileSymbol file)
    {
        foreach (var annotation in function.Syntax.Annotations)
        {
            if (annotation.Key.Text == IdempotentKey && annotation.Value is not ("true" or "false"))
            {
                // In Apache's short form the place of the value is that of the name.
                var what = annotation.ValueSpan == annotation.Key.Span ? "annotation idempotent without a value" : $"invalid value ({annotation.Value}) for annotation idempotent";
                Report(Rules.IdempotentInvalid, file, annotation.ValueSpan, what, Hints.DidYouMean(annotation.Value, ["true", "false"]));
            }
        }
    }
}
