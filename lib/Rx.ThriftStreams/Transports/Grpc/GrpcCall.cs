using Grpc.Core;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>A call of Grpc.Net.Client, which does not see its messages but determines how it ended.</summary>
/// <remarks>For methods with one request it is a server-streaming call: the same on the wire, and 0.8 KB less than a duplex one.</remarks>
internal readonly struct GrpcCall
{
    private readonly AsyncDuplexStreamingCall<GrpcMessage, GrpcMessage>? _duplex;
    private readonly AsyncServerStreamingCall<GrpcMessage>? _serverStreaming;

    /// <summary>Starts the call within the current execution context, by which <see cref="GrpcThriftHandler"/> finds the exchange.</summary>
    internal GrpcCall(CallInvoker invoker, Method<GrpcMessage, GrpcMessage> method)
    {
        if (method.Type == MethodType.DuplexStreaming)
        {
            _duplex = invoker.AsyncDuplexStreamingCall(method, null, default);
        }
        else
        {
            _serverStreaming = invoker.AsyncServerStreamingCall(method, null, default, GrpcMessage.Instance);
        }
    }

    /// <summary>Completes when the response has begun; fails if there will not be one.</summary>
    internal Task AnsweredAsync() => _duplex?.ResponseHeadersAsync ?? _serverStreaming!.ResponseHeadersAsync;

    /// <summary>Completes with the end of the call, when everything before it has been read; fails unless its status is OK.</summary>
    internal Task EndAsync() => (_duplex?.ResponseStream ?? _serverStreaming!.ResponseStream).MoveNext(CancellationToken.None);

    /// <exception cref="InvalidOperationException">The call is running.</exception>
    internal Status GetStatus() => _duplex?.GetStatus() ?? _serverStreaming!.GetStatus();

    /// <summary>Ends the call if it is running, and notifies the peer.</summary>
    internal void Dispose()
    {
        _duplex?.Dispose();
        _serverStreaming?.Dispose();
    }
}
