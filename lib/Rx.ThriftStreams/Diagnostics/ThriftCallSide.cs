namespace Rx.ThriftStreams;

/// <summary>On which side of a call something happened.</summary>
public enum ThriftCallSide
{
    /// <summary>Where the call was made.</summary>
    Client,

    /// <summary>Where it is handled.</summary>
    Server,
}
