namespace Rx.ThriftStreams.Diagnostics;

/// <summary>A call that failed, as entries of the log name it.</summary>
/// <param name="Method">The full name of its method.</param>
/// <param name="Peer">Its peer.</param>
/// <param name="Code">Its status.</param>
/// <param name="Error">Its error, whose text may be the peer's: see <see cref="LogText"/>.</param>
internal readonly record struct FailedCall(string Method, string Peer, ThriftStatusCode Code, Exception Error)
{
    /// <summary>The text of the error for the log.</summary>
    internal string Reason => LogText.Escape(Error.Message);
}
