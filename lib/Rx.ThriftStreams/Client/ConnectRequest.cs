using System.Runtime.CompilerServices;
using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
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

    /// <summary>The endpoint that has counted the stream; <see langword="null"/> if streams are not tracked.</summary>
    internal ChannelEndpoint? CountedBy { get; set; }

    /// <summary>When creating the stream on its endpoint began.</summary>
    internal long StartedAt { get; set; }

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
