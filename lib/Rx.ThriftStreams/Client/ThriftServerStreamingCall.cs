using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;

namespace Rx.ThriftStreams;

/// <summary>A server-streaming call that has been opened: its request is sent, its responses can be enumerated once.</summary>
/// <typeparam name="TResponse">The type of a response.</typeparam>
/// <remarks>Leaving the enumeration before its end cancels the call.</remarks>
public sealed class ThriftServerStreamingCall<TResponse> : ThriftCall, IAsyncEnumerable<TResponse>
{
    private readonly ResponseReceiver<TResponse> _responses;

    internal ThriftServerStreamingCall(ClientCall call, ILogger logger, ResponseReceiver<TResponse> responses)
        : base(call, logger) => _responses = responses;

    /// <summary>Enumerates the responses. Can be called once.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The responses are being enumerated, or were.</exception>
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => _responses.Enumerate(this, cancellationToken);
}
