using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;

namespace Rx.ThriftStreams;

/// <summary>An open server-streaming call: its request has been sent, and its responses can be enumerated once.</summary>
/// <typeparam name="TResponse">The type of a response.</typeparam>
/// <remarks>Leaving the enumeration before its end cancels the call.</remarks>
public sealed class ThriftServerStreamingCall<TResponse> : ThriftCall, IAsyncEnumerable<TResponse>
{
    private readonly ResponseReceiver<TResponse> _responses;

    internal ThriftServerStreamingCall(ClientCall call, ILogger logger, ResponseReceiver<TResponse> responses)
        : base(call, logger) => _responses = responses;

    /// <summary>Enumerates the responses. Can be called once.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The responses are being, or have been, enumerated.</exception>
    public IAsyncEnumerator<TResponse> GetAsyncEnumerator(CancellationToken cancellationToken = default) => _responses.Enumerate(this, cancellationToken);
}
