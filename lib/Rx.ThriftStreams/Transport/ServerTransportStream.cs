using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transport;

/// <summary>The messages of one call on the server. One receive and one send at a time; the two may run concurrently.</summary>
internal abstract class ServerTransportStream<TRequest, TResponse> : IReceiveQueue
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    /// <summary>The message that <see cref="ReceiveAsync"/> received last.</summary>
    internal abstract TRequest Current { get; }

    /// <summary>The size of <see cref="Current"/> in bytes.</summary>
    internal abstract int CurrentSize { get; }

    /// <inheritdoc/>
    public virtual long QueuedBytes => 0;

    /// <summary>Receives the next message; <see langword="false"/> when the client has sent its last.</summary>
    /// <exception cref="ThriftException">The bytes are malformed.</exception>
    /// <exception cref="CallerGoneException">The caller is gone.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal abstract ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>Sends a message, after the headers if they were not sent; returns its size in bytes.</summary>
    /// <remarks>The caller guarantees that another send, <see cref="FlushAsync"/> or the end of the call follows soon: until then the message may stay buffered, within bounds.</remarks>
    /// <param name="message">The message; encoded before this returns or waits.</param>
    /// <param name="headers">Response headers, sent if none were sent before.</param>
    /// <param name="cancellationToken">Cancels waiting for room.</param>
    internal abstract ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken);

    /// <summary>Sends buffered messages. Does nothing in a transport that does not buffer them.</summary>
    /// <param name="cancellationToken">Cancels waiting for room.</param>
    internal virtual ValueTask FlushAsync(CancellationToken cancellationToken) => default;
}
