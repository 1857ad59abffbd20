using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transport;

/// <summary>Decorates a client's transport stream: forwards every member, so that derived classes override only what they change.</summary>
internal abstract class DelegatingClientStream<TRequest, TResponse>(ClientTransportStream<TRequest, TResponse> inner)
    : ClientTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    internal override string Peer => Inner.Peer;

    internal override TResponse Current => Inner.Current;

    internal override int CurrentSize => Inner.CurrentSize;

    public override long QueuedBytes => Inner.QueuedBytes;

    internal override Task<ThriftMetadata> Headers => Inner.Headers;

    internal override ThriftMetadata Trailers => Inner.Trailers;

    internal override IReadOnlyDictionary<string, string> Backward => Inner.Backward;

    private protected ClientTransportStream<TRequest, TResponse> Inner { get; } = inner;

    internal override ValueTask<int> SendAsync(TRequest message) => Inner.SendAsync(message);

    internal override ValueTask CompleteAsync() => Inner.CompleteAsync();

    internal override ValueTask<bool> ReceiveAsync() => Inner.ReceiveAsync();

    internal override void Abort(Exception reason) => Inner.Abort(reason);

    public override ValueTask DisposeAsync() => Inner.DisposeAsync();
}
