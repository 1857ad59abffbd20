using System.Diagnostics;
using Rx.ThriftStreams.Client;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>A call of one message each way that has been started: its response, and what goes with it.</summary>
/// <typeparam name="TResponse">The type of the response.</typeparam>
/// <remarks>Thread-safe. Disposing it before its end cancels the call.</remarks>
[DebuggerDisplay("{Method} {Status}")]
public sealed class ThriftCall<TResponse> : IAsyncDisposable
{
    private readonly IThriftCallState _state;

    internal ThriftCall(IThriftCallState state, Task<TResponse> response)
    {
        _state = state;
        Response = response;
    }

    /// <inheritdoc cref="ThriftStream{TResponse}.Method"/>
    public ThriftMethod Method => _state.Method;

    /// <summary>Completes with the response, or fails as the call does.</summary>
    public Task<TResponse> Response { get; }

    /// <inheritdoc cref="ThriftStream{TResponse}.Peer"/>
    public string Peer => _state.Peer;

    /// <inheritdoc cref="ThriftStream{TResponse}.Status"/>
    public ThriftStatus? Status => _state.Status;

    /// <inheritdoc cref="ThriftStream{TResponse}.Trailers"/>
    public ThriftMetadata Trailers => _state.Trailers;

    /// <summary>Backward metainfo that came with the response; empty where the transport carries none.</summary>
    public IReadOnlyDictionary<string, string> Backward => _state.Backward;

    /// <inheritdoc cref="ThriftStream{TResponse}.GetHeadersAsync"/>
    public Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken = default) => _state.GetHeadersAsync(cancellationToken);

    /// <inheritdoc cref="ThriftStream{TResponse}.DisposeAsync"/>
    public ValueTask DisposeAsync() => _state.DisposeAsync();
}
