using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A transport that costs nothing, so that what is above it can be measured. The benchmarks use it as well.</summary>
internal sealed class InstantTransport : ClientTransport
{
    internal override ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken) => new(new InstantStream<TRequest, TResponse>());

    public override ValueTask DisposeAsync() => default;
}

/// <summary>Takes every message, and always has one.</summary>
internal sealed class InstantStream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    internal override string Peer => "instant:1";

    internal override TResponse Current { get; } = ThriftSerializer.Deserialize<TResponse>([0]);

    internal override int CurrentSize => 1;

    internal override Task<ThriftMetadata> Headers { get; } = Task.FromResult(ThriftMetadata.Empty);

    internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

    internal override ValueTask<int> SendAsync(TRequest message) => new(1);

    internal override ValueTask CompleteAsync() => default;

    internal override ValueTask<bool> ReceiveAsync() => new(true);

    internal override void Abort(Exception reason)
    {
    }

    public override ValueTask DisposeAsync() => default;
}
