namespace Rx.ThriftStreams.Tool;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCodes
{
    /// <summary>Success.</summary>
    public const int Success = 0;

    /// <summary>
    /// The IDL has errors, <c>format --check</c> found a file that is not in canonical form, <c>breaking</c> found a change, or the server answered a call with an error.
    /// </summary>
    public const int Findings = 1;

    /// <summary>The command line is wrong, a file cannot be read or written, or JSON does not fit the schema.</summary>
    public const int Usage = 2;

    /// <summary>The server cannot be reached, the connection was lost, or a time limit expired.</summary>
    public const int Unreachable = 3;

    /// <summary>The call was interrupted, as by Ctrl+C.</summary>
    public const int Interrupted = 130;
}
