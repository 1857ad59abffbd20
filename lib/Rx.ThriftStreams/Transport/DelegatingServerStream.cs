using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transport;

/// <summary>Decorates a server's transport stream: forwards every member, so that derived classes override only what they change.</summary>
internal abstract class DelegatingServerStream<TRequest, TResponse>(ServerTransportStream<TRequest, TResponse> inner)
    : ServerTransportStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    internal override TRequest Current => Inner.Current;

    internal override int CurrentSize => Inner.CurrentSize;

    public override long QueuedBytes => Inner.QueuedBytes;

    private protected ServerTransportStream<TRequest, TResponse> Inner { get; } = inner;

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken) => Inner.ReceiveAsync(cancellationToken);

    internal override ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
        => Inner.SendAsync(message, headers, cancellationToken);

    internal override ValueTask FlushAsync(CancellationToken cancellationToken) => Inner.FlushAsync(cancellationToken);
}
