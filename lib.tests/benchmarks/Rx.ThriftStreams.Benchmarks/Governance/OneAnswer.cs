using Rx.ThriftStreams.Benchmarks.Codec.Idl;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Benchmarks.Governance;

/// <summary>A method of one message each way, and a transport that answers it immediately.</summary>
internal static class OneAnswer
{
    internal static readonly ThriftMethod<TextMessage, TextMessage> Method = new("bench", "Bench", "Call", ThriftStreamingMode.Unary);

    internal sealed class Transport : ClientTransport
    {
        internal override ValueTask<ClientTransportStream<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method,
            ClientCallStart start,
            CancellationToken cancellationToken) => new(new Stream<TRequest, TResponse>());

        public override ValueTask DisposeAsync() => default;
    }

    private sealed class Stream<TRequest, TResponse> : ClientTransportStream<TRequest, TResponse>
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        private static readonly TResponse Answer = ThriftSerializer.Deserialize<TResponse>([0]);
        private static readonly Task<ThriftMetadata> NoHeaders = Task.FromResult(ThriftMetadata.Empty);

        private bool _isAnswered;

        internal override string Peer => "instant:1";

        internal override TResponse Current => Answer;

        internal override int CurrentSize => 1;

        internal override Task<ThriftMetadata> Headers => NoHeaders;

        internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

        internal override ValueTask<int> SendAsync(TRequest message) => new(1);

        internal override ValueTask CompleteAsync() => default;

        internal override ValueTask<bool> ReceiveAsync()
        {
            var received = !_isAnswered;
            _isAnswered = true;
            return new(received);
        }

        internal override void Abort(Exception reason)
        {
        }

        public override ValueTask DisposeAsync() => default;
    }
}
