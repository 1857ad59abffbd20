using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>A call with its transport stream, and the two directions of its messages.</summary>
internal sealed class ClientCall<TRequest, TResponse> : ClientCall
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private ClientTransportStream<TRequest, TResponse>? _stream;
    private RequestSender<TRequest, TResponse>? _requests;

    internal ClientCall(ThriftMethod method, ClientCallStart start, CallObservation? observation, ThriftServerContext? parent)
        : base(method, start, observation, parent) => Responses = new(this);

    /// <summary>The requests of a call that may have several. Those with one use <see cref="SingleRequest"/>.</summary>
    internal RequestSender<TRequest, TResponse> Requests
    {
        get
        {
            if (Volatile.Read(ref _requests) is { } requests)
            {
                return requests;
            }

            var made = new RequestSender<TRequest, TResponse>(this);
            return Interlocked.CompareExchange(ref _requests, made, null) ?? made;
        }
    }

    internal ResponseReceiver<TRequest, TResponse> Responses { get; }

    internal ClientTransportStream<TRequest, TResponse> Stream
        => _stream ?? throw new InvalidOperationException($"The stream of {Method.FullName} has not been created.");

    internal override string Peer => Volatile.Read(ref _stream)?.Peer ?? string.Empty;

    internal override Task<ThriftMetadata> Headers => Stream.Headers;

    internal override ThriftMetadata Trailers => Stream.Trailers;

    internal override IReadOnlyDictionary<string, string> Backward => Stream.Backward;

    /// <summary>Attaches the stream that was created for the call.</summary>
    internal void Attach(ClientTransportStream<TRequest, TResponse> stream)
    {
        Volatile.Write(ref _stream, stream);
        AbortLateStream();
    }

    private protected override void AbortStream(Exception reason) => Volatile.Read(ref _stream)?.Abort(reason);

    private protected override ValueTask DisposeStreamAsync() => Volatile.Read(ref _stream)?.DisposeAsync() ?? default;

    private protected override void LimitFirstResponse(OperationTimer timer) => Responses.LimitFirst(timer);

    private protected override void ReleaseTimers()
    {
        Volatile.Read(ref _requests)?.Release();
        Responses.Release();
    }
}
