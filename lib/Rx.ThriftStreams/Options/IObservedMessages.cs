namespace Rx.ThriftStreams.Options;

/// <summary>An enumeration of a call's messages that logs the errors which no observer of them handles.</summary>
internal interface IObservedMessages
{
    /// <summary>Logs an error.</summary>
    /// <param name="error">The error.</param>
    /// <param name="isOfCall">Whether the call failed with it; otherwise the observer threw it.</param>
    void LogUnhandled(Exception error, bool isOfCall);
}
