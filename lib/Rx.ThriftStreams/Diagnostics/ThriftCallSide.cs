namespace Rx.ThriftStreams;

/// <summary>The side of a call on which something happened.</summary>
public enum ThriftCallSide
{
    /// <summary>The side that made the call.</summary>
    Client,

    /// <summary>The side that handles the call.</summary>
    Server,
}
