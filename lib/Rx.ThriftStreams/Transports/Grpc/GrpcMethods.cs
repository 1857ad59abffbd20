using System.Collections.Concurrent;
using Grpc.Core;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>Methods as Grpc.Net.Client wants them, with marshallers over the codec. Kept, because it caches by their identity.</summary>
internal sealed class GrpcMethods
{
    [ThreadStatic]
    private static ThriftWriteBuffer? _buffer;

    private readonly ConcurrentDictionary<ThriftMethod, IMethod> _methods = new(ReferenceEqualityComparer.Instance);

    /// <summary>Every kind of method is called as a duplex stream: the kinds differ above the transport, not on the wire.</summary>
    internal Method<GrpcRequest<TRequest>, GrpcBatch<TResponse>> Get<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        return (Method<GrpcRequest<TRequest>, GrpcBatch<TResponse>>)_methods.GetOrAdd(method, Create);

        static IMethod Create(ThriftMethod method)
        {
            var slash = method.FullName.LastIndexOf('/');
            return new Method<GrpcRequest<TRequest>, GrpcBatch<TResponse>>(
                MethodType.DuplexStreaming,
                method.FullName[..slash],
                method.Name,
                new Marshaller<GrpcRequest<TRequest>>(
                    static (request, context) => Serialize(request, context),
                    static _ => throw new NotSupportedException("Requests are not read on the client.")),
                new Marshaller<GrpcBatch<TResponse>>(
                    static (_, _) => throw new NotSupportedException("Responses are not written on the client."),
                    static context => GrpcBatch<TResponse>.Read(context.PayloadAsReadOnlySequence())));
        }
    }

    private static void Serialize<TRequest>(GrpcRequest<TRequest> request, SerializationContext context)
        where TRequest : class, IThriftStruct<TRequest>
    {
        var buffer = _buffer ??= new ThriftWriteBuffer();
        buffer.Reset();
        var writer = new ThriftWriter(buffer);
        request.Message!.Write(ref writer);
        writer.Flush();
        var bytes = buffer.WrittenSpan;
        request.Size = bytes.Length;
        context.SetPayloadLength(bytes.Length);
        System.Buffers.BuffersExtensions.Write(context.GetBufferWriter(), bytes);
        context.Complete();
    }
}
