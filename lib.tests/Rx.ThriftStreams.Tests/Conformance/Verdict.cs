namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>What came of one recording on one side.</summary>
internal sealed record Verdict(string Name, VerdictKind Kind, string Detail);

/// <summary>How a recording and this library compare.</summary>
internal enum VerdictKind
{
    /// <summary>The same.</summary>
    Same,

    /// <summary>Another answer, on purpose.</summary>
    Deviates,

    /// <summary>There is nothing to compare on this side.</summary>
    NotCompared,

    /// <summary>Another answer, and nobody says why.</summary>
    Differs,
}
