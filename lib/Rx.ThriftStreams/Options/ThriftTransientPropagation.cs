namespace Rx.ThriftStreams;

/// <summary>How far transient metainfo travels when a handler makes calls.</summary>
public enum ThriftTransientPropagation
{
    /// <summary>To the called service, and no further: values received with the server call are not forwarded.</summary>
    SingleHop,

    /// <summary>Kitex's legacy rule, and its default: values received with the server call are forwarded as if the handler had set them.</summary>
    EveryHop,
}
