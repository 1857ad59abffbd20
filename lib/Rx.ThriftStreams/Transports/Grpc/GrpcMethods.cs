using System.Collections.Concurrent;
using Grpc.Core;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Stands for the messages of a call towards Grpc.Net.Client, which sees none.</summary>
internal sealed class GrpcMessage;

/// <summary>Methods as Grpc.Net.Client wants them. Kept, because it caches by their identity.</summary>
internal sealed class GrpcMethods
{
    private static readonly Marshaller<GrpcMessage> Marshaller = new(
        static (_, _) => throw new NotSupportedException("Messages are encoded beside Grpc.Net.Client."),
        static _ => throw new NotSupportedException("Messages are decoded beside Grpc.Net.Client."));

    private readonly ConcurrentDictionary<ThriftMethod, Method<GrpcMessage, GrpcMessage>> _methods = new(ReferenceEqualityComparer.Instance);

    /// <summary>Every kind of method is called as a duplex stream: the kinds differ above the transport, not on the wire.</summary>
    internal Method<GrpcMessage, GrpcMessage> Get(ThriftMethod method) => _methods.GetOrAdd(
        method,
        static method => new(MethodType.DuplexStreaming, method.FullName[..method.FullName.LastIndexOf('/')], method.Name, Marshaller, Marshaller));
}
