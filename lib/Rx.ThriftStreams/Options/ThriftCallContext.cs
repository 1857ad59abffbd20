using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>A call, as seen by middleware, on the client (<see cref="ThriftClientContext"/>) or on the server (<see cref="ThriftServerContext"/>).</summary>
public abstract class ThriftCallContext
{
    private protected ThriftCallContext()
    {
    }

    /// <summary>The method.</summary>
    public abstract ThriftMethod Method { get; }

    /// <summary>The transport's name.</summary>
    public abstract string Transport { get; }

    /// <summary>The other side's address, as <c>host:port</c>. Empty on a client until the stream is created.</summary>
    public abstract string Peer { get; }

    /// <summary>The headers of the request.</summary>
    public abstract ThriftMetadata RequestHeaders { get; }

    /// <summary>The metainfo of the call.</summary>
    public abstract ThriftMetaInfo MetaInfo { get; }

    /// <summary>When the call must be over, or <see langword="null"/>.</summary>
    public abstract DateTimeOffset? Deadline { get; }

    /// <summary>Cancelled when the call is over, however it ended.</summary>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>Values that belong to this call on this side: all middleware and, on a server, the handler share them. Thread-safe.</summary>
    public abstract IDictionary<object, object?> Items { get; }
}
