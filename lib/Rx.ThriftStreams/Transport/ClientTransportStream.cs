using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transport;

/// <summary>
/// One call as a transport sees it, on the client. Typed, so that the codec writes into the transport's buffer and reads from it.
/// The layer above guarantees one send and one receive at a time; the two may run concurrently.
/// </summary>
internal abstract class ClientTransportStream<TRequest, TResponse> : IReceiveQueue, IAsyncDisposable
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    /// <summary>The peer's address, as <c>host:port</c>.</summary>
    internal abstract string Peer { get; }

    /// <summary>The message that <see cref="ReceiveAsync"/> received last.</summary>
    internal abstract TResponse Current { get; }

    /// <summary>The size of <see cref="Current"/> in bytes, as the codec read it.</summary>
    internal abstract int CurrentSize { get; }

    /// <inheritdoc/>
    public virtual long QueuedBytes => 0;

    /// <summary>Completes with the response headers, or with empty ones if the call ends without headers. Never fails, and completes no later than the call ends.</summary>
    internal abstract Task<ThriftMetadata> Headers { get; }

    /// <summary>The trailers; empty before the end. TTHeader ping-pong puts backward metainfo into <see cref="Backward"/> instead.</summary>
    internal abstract ThriftMetadata Trailers { get; }

    /// <summary>Backward metainfo that came with the answer; empty where the transport carries none.</summary>
    internal virtual IReadOnlyDictionary<string, string> Backward => System.Collections.Frozen.FrozenDictionary<string, string>.Empty;

    /// <summary>Sends a message; completes when the transport has accepted it and has room for another. Returns its size in bytes.</summary>
    /// <exception cref="ThriftException">The call has ended or cannot continue.</exception>
    internal abstract ValueTask<int> SendAsync(TRequest message);

    /// <summary>Ends the sending direction, after everything that was sent.</summary>
    internal abstract ValueTask CompleteAsync();

    /// <summary>Receives the next message.</summary>
    /// <returns><see langword="false"/> when the call ended with status OK.</returns>
    /// <exception cref="ThriftException">The call ended with another status, or the bytes are malformed.</exception>
    internal abstract ValueTask<bool> ReceiveAsync();

    /// <summary>Ends the call immediately and notifies the peer. Pending and later operations fail. Idempotent; safe at any time, from any thread.</summary>
    /// <param name="reason">The cause: an <see cref="OperationCanceledException"/>, a <see cref="ThriftTimeoutException"/> or a user's error. A transport may encode it.</param>
    internal abstract void Abort(Exception reason);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
