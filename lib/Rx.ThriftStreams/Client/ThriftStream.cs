using System.Diagnostics;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>A server stream that has been opened: its responses, and what goes with them.</summary>
/// <typeparam name="TResponse">The type of a response.</typeparam>
/// <remarks>
/// One call: it can be enumerated once. Leaving the enumeration or disposing the stream before its end cancels the call.
/// One receive at a time; all else is thread-safe.
/// </remarks>
[DebuggerDisplay("{Method} {Status}")]
public sealed class ThriftStream<TResponse> : IAsyncEnumerable<TResponse>, IAsyncDisposable
{
    private readonly ThriftCallState<TResponse> _state;

    internal ThriftStream(ThriftCallState<TResponse> state) => _state = state;

    /// <summary>The method that was called.</summary>
    public ThriftMethod Method => _state.Method;

    /// <summary>The server's address, as <c>host:port</c>.</summary>
    public string Peer => _state.Peer;

    /// <summary>How the call ended; <see langword="null"/> while it goes on.</summary>
    public ThriftStatus? Status => _state.Status;

    /// <summary>The trailers; empty before the end.</summary>
    public ThriftMetadata Trailers => _state.Trailers;

    /// <summary>Waits for the response headers. A server sends them with its first message at the latest; a call that ends without has empty ones.</summary>
    /// <param name="cancellationToken">Stops waiting; the call goes on.</param>
    public Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken = default) => _state.GetHeadersAsync(cancellationToken);

    /// <summary>Enumerates the responses. Can be called once.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The stream is being enumerated, or was.</exception>
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => _state.GetEnumerator(cancellationToken);

    /// <summary>Ends the call now, because its user wants no more: cancels it if it goes on. The same as disposing.</summary>
    public void Finish() => _state.Finish();

    /// <summary>Cancels the call if it goes on, and lets go of everything.</summary>
    public ValueTask DisposeAsync() => _state.DisposeAsync();
}
