using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>A stream on its server.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; whoever cancels may still be at it when the handler has ended.")]
internal sealed class ServerFrameStream : FrameStream
{
    private readonly CancellationTokenSource _aborted = new();
    private ThriftException? _reason;
    private int _ended;

    internal ServerFrameStream(FrameConnection connection, int id, FrameTemplates templates, int window)
        : base(connection, id, templates, window)
        => PeerKeepsWindow = window > 0;

    /// <summary>Cancelled when the caller cancels or is lost, or when nothing more can be taken from it.</summary>
    internal CancellationToken Aborted => _aborted.Token;

    /// <summary>Why <see cref="Aborted"/> was cancelled.</summary>
    internal ThriftException? Reason => Volatile.Read(ref _reason);

    internal override bool PeerKeepsWindow { get; }

    internal bool HasInputEnded { get; private set; }

    /// <summary>The client has sent its last; rarely with an error.</summary>
    internal void OnTrailer(in TTHeaderFrame frame)
    {
        HasInputEnded = true;
        EndReceive(ReceivedPairs.ReadEnd(frame, ThriftMetadata.Empty, isServerSide: true));
    }

    /// <summary>Cancels the handler. The first reason counts.</summary>
    internal void Cancel(ThriftException reason)
    {
        if (Volatile.Read(ref _ended) == 0 && Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            Fail(reason);

            // Handlers may have callbacks on the token, and those do not belong on the connection's reader.
            _ = _aborted.CancelAsync();
        }
    }

    /// <summary>The handler has ended: frames for the stream are ignored from here on.</summary>
    internal void End()
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
}
