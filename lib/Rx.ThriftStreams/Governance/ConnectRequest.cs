using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.Governance;

/// <summary>
/// What is to be created, without its types: the pipelines run over <see cref="object"/>, which spares a copy of them for each method.
/// </summary>
internal abstract class ConnectRequest(ThriftMethod method, ClientCallStart start)
{
    internal ThriftMethod Method { get; } = method;

    internal ClientCallStart Start { get; } = start;

    /// <summary>Creates the stream on that transport; gives a <see cref="ClientTransportStream{TRequest, TResponse}"/>.</summary>
    internal abstract ValueTask<object> OpenAsync(ClientTransport transport, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class ConnectRequest<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method, ClientCallStart start)
    : ConnectRequest(method, start)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<object> OpenAsync(ClientTransport transport, CancellationToken cancellationToken)
        => await transport.OpenAsync(method, Start, cancellationToken).ConfigureAwait(false);
}
