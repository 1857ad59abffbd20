using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>An open call: its headers, trailers, status and end. The derived types send and receive its messages.</summary>
/// <remarks>
/// Thread-safe, except that only one receive may run at a time. Dispose it: a call that has not ended is then cancelled. A call that is never
/// disposed is cancelled when it is garbage-collected, and a warning is logged.
/// </remarks>
[DebuggerDisplay("{Method} {Status}")]
public abstract class ThriftCall : IAsyncDisposable
{
    private readonly ClientCall _call;
    private readonly AbandonedCallGuard _guard;

    private protected ThriftCall(ClientCall call, ILogger logger)
    {
        _call = call;
        _guard = new AbandonedCallGuard(call, logger, call.Method.FullName);
    }

    /// <summary>The method that was called.</summary>
    public ThriftMethod Method => _call.Method;

    /// <summary>The server's address, as <c>host:port</c>.</summary>
    public string Peer => _call.Peer;

    /// <summary>How the call ended; <see langword="null"/> while it is running.</summary>
    public ThriftStatus? Status => _call.Status;

    /// <summary>The trailers; empty before the end.</summary>
    public ThriftMetadata Trailers => _call.Trailers;

    /// <summary>Backward metainfo that came with the response; empty before it, and where the transport carries none.</summary>
    public IReadOnlyDictionary<string, string> Backward => _call.Backward;

    /// <summary>Waits for the response headers. A server sends them with its first message at the latest; if the call ends without headers they are empty.</summary>
    /// <param name="cancellationToken">Stops waiting; the call continues.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken = default) => _call.Headers.WaitAsync(cancellationToken);

    /// <summary>Ends the call immediately: cancels it if it is running. Like <see cref="DisposeAsync"/>, but does not wait.</summary>
    public void Finish()
    {
        _guard.Dispose();
        _call.Abandon();
    }

    /// <summary>Cancels the call if it is running, and releases its resources. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        _guard.Dispose();
        await _call.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }
}
