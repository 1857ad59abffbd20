namespace Rx.ThriftStreams.Diagnostics;

/// <summary>A call that failed, as entries of the log name it.</summary>
/// <param name="Method">The full name of its method.</param>
/// <param name="Peer">Its peer.</param>
/// <param name="Code">Its status.</param>
/// <param name="Reason">The text of its error, which may be the peer's: see <see cref="LogText"/>.</param>
internal readonly record struct FailedCall(string Method, string Peer, ThriftStatusCode Code, string Reason);
