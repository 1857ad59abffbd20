using Rx.ThriftStreams.Compiler.Diagnostics;

namespace Rx.ThriftStreams.Compiler.Compatibility;

/// <summary>A breaking change.</summary>
/// <param name="Diagnostic">What changed, located in the new file where there is one.</param>
/// <param name="Element">The declaration: <c>Type</c>, <c>Type.field</c>, <c>Service.function</c>, or the path of a file.</param>
/// <param name="Level">The level of its rule.</param>
/// <param name="Ignored">The reason for which it does not count, if one is given.</param>
internal sealed record BreakingChange(IdlDiagnostic Diagnostic, string Element, CompatibilityLevel Level, string? Ignored);
