namespace Rx.ThriftStreams.Compiler.Diagnostics;

internal enum IdlSeverity : byte
{
    Warning,
    Error,
}

/// <summary>A kind of diagnostic. Ids are stable: once published they keep their meaning.</summary>
internal sealed record Rule(string Id, IdlSeverity Severity, string Title, string Format);
