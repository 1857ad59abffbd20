using System.Collections.Concurrent;
using Grpc.Core;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>A placeholder for the messages of a call: Grpc.Net.Client does not see them.</summary>
internal sealed class GrpcMessage
{
    internal static readonly GrpcMessage Instance = new();

    private GrpcMessage()
    {
    }
}

/// <summary>Methods as Grpc.Net.Client needs them. Cached, because it caches by their identity.</summary>
internal sealed class GrpcMethods
{
    private static readonly Marshaller<GrpcMessage> Marshaller = new(
        static (_, _) => throw new NotSupportedException("Messages are not encoded by Grpc.Net.Client."),
        static _ => throw new NotSupportedException("Messages are not decoded by Grpc.Net.Client."));

    private readonly ConcurrentDictionary<ThriftMethod, Method<GrpcMessage, GrpcMessage>> _methods = new(ReferenceEqualityComparer.Instance);

    /// <summary>The kinds of methods differ above the transport; for Grpc.Net.Client it matters only whether the requests are a stream.</summary>
    internal Method<GrpcMessage, GrpcMessage> Get(ThriftMethod method) => _methods.GetOrAdd(
        method,
        static method => new(
            method.TakesStream ? MethodType.DuplexStreaming : MethodType.ServerStreaming,
            method.FullName[..method.FullName.LastIndexOf('/')],
            method.Name,
            Marshaller,
            Marshaller));
}
