namespace Rx.ThriftStreams;

/// <summary>How far transient metainfo travels when a handler makes calls.</summary>
public enum ThriftTransientPropagation
{
    /// <summary>To the service that is called, and no further: what came with the server call is not sent on.</summary>
    SingleHop,

    /// <summary>Kitex's legacy rule, and its default: what came with the server call is sent on as if the handler had set it.</summary>
    EveryHop,
}
