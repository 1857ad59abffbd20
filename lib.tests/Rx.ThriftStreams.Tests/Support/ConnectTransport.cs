using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A transport that counts attempts to connect and lets tests decide what becomes of each. Its streams end at once.</summary>
internal sealed class ConnectTransport : ClientTransport
{
    internal int Attempts { get; private set; }

    /// <summary>Decides about an attempt: throws, waits, or lets it through.</summary>
    internal Func<CancellationToken, Task> OnConnect { get; set; } = static _ => Task.CompletedTask;

    internal static Task Refuse(CancellationToken cancellationToken)
        => throw new ThriftConnectException("127.0.0.1:1", new IOException("Connection refused"));

    internal override async ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ClientCallStart start,
        CancellationToken cancellationToken)
    {
        Attempts++;
        await OnConnect(cancellationToken);
        return new EndedStream<TRequest, TResponse>();
    }

    public override ValueTask DisposeAsync() => default;

    private sealed class EndedStream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        internal override string Peer => "nobody:1";

        internal override TResponse Current => throw new InvalidOperationException();

        internal override int CurrentSize => 0;

        internal override Task<ThriftMetadata> Headers => Task.FromResult(ThriftMetadata.Empty);

        internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

        internal override ValueTask<int> SendAsync(TRequest message) => new(0);

        internal override ValueTask CompleteAsync() => default;

        internal override ValueTask<bool> ReceiveAsync() => new(false);

        internal override void Abort(Exception reason)
        {
        }

        public override ValueTask DisposeAsync() => default;
    }
}
