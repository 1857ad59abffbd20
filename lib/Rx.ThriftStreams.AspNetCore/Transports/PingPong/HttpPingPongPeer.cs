using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>The caller of one request of HTTP.</summary>
internal sealed class HttpPingPongPeer(HttpContext http, MessageLimits messageLimits, bool isOneway) : IPingPongPeer
{
    /// <inheritdoc/>
    public ServerConnection Connection { get; } = ServerConnection.Of(http, ThriftProtocols.Http);

    /// <inheritdoc/>
    public string Address => Connection.Peer;

    /// <inheritdoc/>
    public MessageLimits MessageLimits => messageLimits;

    /// <inheritdoc/>
    /// <remarks>The caller of a oneway method may leave at once.</remarks>
    public CancellationToken Aborted => isOneway ? CancellationToken.None : http.RequestAborted;

    /// <inheritdoc/>
    public ThriftException AbortReason => new ThriftTransportException(ThriftStatusCode.Cancelled, "The connection to the caller was lost.");

    /// <inheritdoc/>
    public async ValueTask AnswerAsync(PingPongAnswer answer, bool close)
    {
        var bytes = answer.Request.Type == ThriftMessageType.Oneway ? default : answer.Finish(closes: false);
        http.Response.ContentType = HttpPingPongHandler.ContentType;
        http.Response.ContentLength = bytes.Length;
        if (bytes.IsEmpty)
        {
            return;
        }

        try
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The caller went away while its answer was on the way: nobody is left to receive an error.
        }
    }
}
