namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Why a call has an attempt that is not its first.</summary>
internal enum AttemptKind
{
    /// <summary>The one before failed.</summary>
    Retry,

    /// <summary>Hedging: the others have not succeeded yet.</summary>
    Hedge,

    /// <summary>The user's pipeline asked for it.</summary>
    Pipeline,

    /// <summary>An endpoint could not be connected to, and another one is tried: part of the same attempt in events and spans.</summary>
    Connect,
}
