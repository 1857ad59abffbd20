using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.Transports.TTHeaderStreaming;

/// <summary>One stream on a connection, on either side. One receive and one send at a time; frames arrive on the connection's reader.</summary>
/// <remarks>
/// Async methods that a message passes through return a <see cref="ValueTask"/> with a pooled builder, so that a wait allocates nothing; those that run once a
/// call or a connection use the usual builders.
/// </remarks>
internal abstract class FrameStream
{
    /// <param name="connection">The connection that carries the stream.</param>
    /// <param name="id">The stream's id on the connection.</param>
    /// <param name="templates">The frames of its method.</param>
    /// <param name="peerWindow">How many bytes the peer accepts before it grants more; 0 if it sets no limit, or has not announced one yet.</param>
    /// <param name="window">How many bytes this side accepts before it grants more, taken from the connection's pool.</param>
    protected FrameStream(FrameConnection connection, int id, FrameTemplates templates, int peerWindow, int window)
    {
        Connection = connection;
        Id = id;
        Templates = templates;
        Inbox = new StreamInbox(this, window);
        Outbox = new StreamOutbox(this);
        if (peerWindow > 0)
        {
            Outbox.GrantFirst(peerWindow);
        }
    }

    internal FrameConnection Connection { get; }

    internal int Id { get; }

    internal FrameTemplates Templates { get; }

    /// <summary>The direction that receives.</summary>
    internal StreamInbox Inbox { get; }

    /// <summary>The direction that sends.</summary>
    internal StreamOutbox Outbox { get; }

    /// <summary>Whether the peer has promised to keep to the window that it is granted.</summary>
    internal abstract bool PeerKeepsWindow { get; }

    /// <summary>Ends both directions; messages that have arrived are received before the error. The first error is kept.</summary>
    protected void End(Exception error)
    {
        Inbox.End(error);
        Outbox.End(error);
    }

    /// <summary>Ends both directions immediately, and drops what has arrived. The first error is kept.</summary>
    protected void Fail(Exception error)
    {
        Inbox.Fail(error);
        Outbox.End(error);
    }
}
