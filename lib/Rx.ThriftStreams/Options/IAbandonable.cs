namespace Rx.ThriftStreams.Options;

/// <summary>A call, or the enumeration of one, that its user can abandon.</summary>
internal interface IAbandonable
{
    /// <summary>Cancels the call if it is running, as disposing does. Safe at any time, even during a receive.</summary>
    /// <returns>Whether it did.</returns>
    bool Abandon();
}
