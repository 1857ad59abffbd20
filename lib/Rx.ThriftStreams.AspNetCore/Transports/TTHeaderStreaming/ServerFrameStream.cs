using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>A stream on its server.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; a cancellation may still be in progress when the handler has ended.")]
internal sealed class ServerFrameStream : FrameStream
{
    private readonly CancellationTokenSource _aborted = new();
    private ThriftException? _reason;
    private int _ended;
    private bool _replaced;

    /// <param name="connection">The connection that carries the stream.</param>
    /// <param name="id">The stream's id on the connection.</param>
    /// <param name="templates">The frames of its method.</param>
    /// <param name="peerWindow">What the client takes before it grants more, in bytes; 0 if it knows no flow control.</param>
    internal ServerFrameStream(FrameConnection connection, int id, FrameTemplates templates, int peerWindow)
        : base(connection, id, templates, peerWindow, connection.Windows.TakeAnnounced())
        => PeerKeepsWindow = peerWindow > 0;

    /// <summary>Cancelled when the caller cancels or is lost, or when nothing more can be taken from it.</summary>
    internal CancellationToken Aborted => _aborted.Token;

    /// <summary>Why <see cref="Aborted"/> was cancelled.</summary>
    internal ThriftException? Reason => Volatile.Read(ref _reason);

    internal override bool PeerKeepsWindow { get; }

    /// <summary>What the call's headers take in memory, until its handler has ended.</summary>
    internal required long HeaderMemory { get; init; }

    /// <summary>The client has sent its last; rarely with an error.</summary>
    internal void OnTrailer(in TTHeaderFrame frame) => Inbox.End(ReceivedPairs.ReadEnd(frame, ThriftMetadata.Empty, isServerSide: true));

    /// <summary>
    /// Whether the caller has used the id for another stream: nothing more is written on this one, since the caller would take it for a part of the other.
    /// </summary>
    internal bool IsReplaced
    {
        get => Volatile.Read(ref _replaced);
        set => Volatile.Write(ref _replaced, value);
    }

    /// <summary>Whether the caller has reset the stream while its handler ran.</summary>
    internal bool IsReset { get; set; }

    /// <summary>Whether the handler has ended.</summary>
    internal bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Cancels the handler and drops what it has not received. The first reason counts.</summary>
    internal void Cancel(ThriftException reason)
    {
        if (TryCancel(reason))
        {
            Fail(reason);
        }
    }

    /// <summary>Cancels the handler; a handler that receives on gets the messages that had arrived, then the reason. The first reason counts.</summary>
    internal void CancelAfterReceived(ThriftException reason)
    {
        if (TryCancel(reason))
        {
            End(reason);
        }
    }

    /// <summary>The handler has ended: frames for the stream are ignored from here on.</summary>
    internal void OnHandlerEnded()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            Connection.Remove(this);
            Fail(HandlerReturned());
        }
    }

    /// <summary>What calls that the handler made and left running are cancelled for.</summary>
    internal static ThriftException HandlerReturned()
        => StreamErrors.Create(TTStreamCodes.HandlerReturned, "canceled by business handler returning", isServerSide: true);

    /// <summary>
    /// Records the reason and requests the cancellation, in this order and both before a receive or a send of the handler fails: a handler that fails because of
    /// the reason finds it.
    /// </summary>
    private bool TryCancel(ThriftException reason)
    {
        if (Volatile.Read(ref _ended) != 0 || Interlocked.CompareExchange(ref _reason, reason, null) is not null)
        {
            return false;
        }

        // Handlers may have callbacks on the token, which must not run on the connection's reader.
        _ = _aborted.CancelAsync();
        return true;
    }
}
