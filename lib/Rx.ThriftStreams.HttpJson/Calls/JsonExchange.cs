using Rx.ThriftStreams.HttpJson.Answers;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>Carries the JSON of one call: how it arrives and how it is answered. One receive and one send at a time; the two may run concurrently.</summary>
internal abstract class JsonExchange : IAsyncDisposable
{
    /// <summary>Cancelled when the caller is gone.</summary>
    internal abstract CancellationToken Aborted { get; }

    /// <summary>Receives the next message in UTF-8; <see langword="null"/> when there are no more. Valid until the next call.</summary>
    /// <exception cref="ThriftStatusException">It exceeds a limit, or is not a message.</exception>
    /// <exception cref="IOException">The caller is gone.</exception>
    internal abstract ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>Sends a message, after the headers if they were not sent.</summary>
    /// <exception cref="IOException">The caller is gone.</exception>
    internal abstract ValueTask SendAsync(ReadOnlyMemory<byte> json, ThriftMetadata headers, CancellationToken cancellationToken);

    /// <summary>Sends buffered messages.</summary>
    /// <exception cref="IOException">The caller is gone.</exception>
    internal abstract ValueTask FlushAsync(CancellationToken cancellationToken);

    internal abstract ValueTask SendHeadersAsync(ThriftMetadata headers);

    /// <summary>The caller of a oneway method need not wait any longer.</summary>
    internal virtual ValueTask AcknowledgeAsync() => default;

    /// <summary>Ends the call. Does not fail because the caller is gone.</summary>
    /// <param name="problem">The error; <see langword="null"/> after success.</param>
    /// <param name="headers">Headers, sent if none were sent before.</param>
    /// <param name="trailers">Trailers.</param>
    internal abstract ValueTask CompleteAsync(Problem? problem, ThriftMetadata headers, ThriftMetadata trailers);

    public abstract ValueTask DisposeAsync();
}
