using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Where a call came from, and where its answer goes.</summary>
internal interface IPingPongPeer
{
    /// <summary>The caller's address, as <c>host:port</c>.</summary>
    string Address { get; }

    /// <summary>What calls learn of their connection.</summary>
    ServerConnection Connection { get; }

    /// <summary>What the arguments of a call may take.</summary>
    MessageLimits MessageLimits { get; }

    /// <summary>Cancelled when the caller is gone.</summary>
    CancellationToken Aborted { get; }

    /// <summary>Why <see cref="Aborted"/> is cancelled.</summary>
    ThriftException AbortReason { get; }

    /// <summary>Sends an answer, unless the call was oneway. Does not fail: a peer that is gone gets none.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="close">Whether the connection is of no use to another call.</param>
    ValueTask AnswerAsync(PingPongAnswer answer, bool close);
}
