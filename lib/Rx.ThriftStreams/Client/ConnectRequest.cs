using System.Runtime.CompilerServices;
using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>
/// What is to be created, without its types: the pipelines run over <see cref="object"/>, which spares a copy of them for each method.
/// </summary>
internal abstract class ConnectRequest(ThriftMethod method, ClientCallStart start)
{
    internal ThriftMethod Method { get; } = method;

    internal ClientCallStart Start { get; } = start;

    /// <summary>What the attempts of the call have used, when the creation of this stream began; <see langword="null"/> if nothing.</summary>
    internal List<ThriftCandidate>? Used { get; set; }

    /// <summary>What failed for this stream; <see langword="null"/> if nothing did.</summary>
    internal List<ThriftCandidate>? Tried { get; private set; }

    /// <summary>How many endpoints failed.</summary>
    internal int FailedCount => Tried?.Count ?? 0;

    /// <summary>Why the last of them failed.</summary>
    internal Exception? LastError { get; private set; }

    /// <summary>How many endpoints may be tried.</summary>
    internal int MaxAttempts { get; set; } = 1;

    /// <summary>The endpoint that is tried next, if it was chosen already.</summary>
    internal ChannelEndpoint? Chosen { get; set; }

    /// <summary>The endpoint on which the stream was created.</summary>
    internal ChannelEndpoint? Endpoint { get; set; }

    /// <summary>Whether <see cref="Endpoint"/> has counted the stream.</summary>
    internal bool IsCounted { get; set; }

    /// <summary>The breaker of <see cref="Endpoint"/> if it counts the call when it ends.</summary>
    internal CircuitBreaker? EndpointBreaker { get; set; }

    /// <summary>When creating the stream on its endpoint began.</summary>
    internal long StartedAt { get; set; }

    /// <summary>Creating the stream begins on an endpoint that was chosen.</summary>
    internal void Begin(TimeProvider clock)
    {
        StartedAt = clock.GetTimestamp();
        if (FailedCount > 0)
        {
            ThriftCounters.ExtraAttempt(Method, AttemptKind.Connect);
        }
    }

    /// <summary>Notes that the stream could not be created on that endpoint.</summary>
    internal void Failed(ThriftCandidate endpoint, Exception error)
    {
        (Tried ??= []).Add(endpoint);
        Used?.Add(endpoint);
        LastError = error;
    }

    /// <summary>Creates a <see cref="ClientTransportStream{TRequest, TResponse}"/> on that transport if that is possible without waiting.</summary>
    internal abstract object? TryOpen(ClientTransport transport, ConnectionEvidence evidence);

    /// <summary>Creates the stream on that transport. Never throws: failures are returned as an outcome.</summary>
    internal abstract ValueTask<Outcome<object>> OpenAsync(ClientTransport transport, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class ConnectRequest<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method, ClientCallStart start)
    : ConnectRequest(method, start)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    internal override object? TryOpen(ClientTransport transport, ConnectionEvidence evidence) => transport.TryOpen(method, Start, evidence);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<Outcome<object>> OpenAsync(ClientTransport transport, CancellationToken cancellationToken)
    {
        try
        {
            return Outcome.FromResult<object>(await transport.OpenAsync(method, Start, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception error)
        {
            return Outcome.FromException<object>(error);
        }
    }
}
