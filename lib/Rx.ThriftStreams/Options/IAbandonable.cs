namespace Rx.ThriftStreams.Options;

/// <summary>A call, or the enumeration of one, whose user wants no more of it.</summary>
internal interface IAbandonable
{
    /// <summary>Cancels the call if it goes on, as disposing does. Safe at any time, also while a message is waited for.</summary>
    /// <returns>Whether it did.</returns>
    bool Abandon();
}
