namespace Rx.ThriftStreams.Tool;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCodes
{
    /// <summary>Success.</summary>
    public const int Success = 0;

    /// <summary>The IDL has errors, or <c>format --check</c> found a file that is not in canonical form.</summary>
    public const int Findings = 1;

    /// <summary>The command line is wrong, or a file cannot be read or written.</summary>
    public const int Usage = 2;
}
