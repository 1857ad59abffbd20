using Grpc.Core;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>A placeholder for the messages of a call: Grpc.Net.Client does not see them.</summary>
internal sealed class GrpcMessage
{
    internal static readonly GrpcMessage Instance = new();

    private GrpcMessage()
    {
    }
}

/// <summary>Methods as Grpc.Net.Client needs them. Kept, because it caches by their identity, for as long as it lives.</summary>
/// <remarks>
/// The methods that a proxy calls have names that its callers choose. They share two placeholders, so that nothing is kept for them; <see cref="GrpcThriftHandler"/> then
/// sets the path of the request. So do the methods beyond <see cref="Most"/>.
/// </remarks>
internal sealed class GrpcMethods
{
    internal const int Most = 1024;

    private static readonly Marshaller<GrpcMessage> Marshaller = new(
        static (_, _) => throw new NotSupportedException("Messages are not encoded by Grpc.Net.Client."),
        static _ => throw new NotSupportedException("Messages are not decoded by Grpc.Net.Client."));

    private static readonly Method<GrpcMessage, GrpcMessage> AnyDuplex = new(MethodType.DuplexStreaming, "any", "any", Marshaller, Marshaller);
    private static readonly Method<GrpcMessage, GrpcMessage> AnySingle = new(MethodType.ServerStreaming, "any", "any", Marshaller, Marshaller);

    private readonly BoundedTable<ThriftMethod, Method<GrpcMessage, GrpcMessage>> _methods = new(Most, ReferenceEqualityComparer.Instance);

    /// <summary>The kinds of methods differ above the transport; for Grpc.Net.Client it matters only whether the requests are a stream.</summary>
    /// <param name="method">The method.</param>
    /// <param name="isPlaceholder">Whether the path of the request has to be set.</param>
    internal Method<GrpcMessage, GrpcMessage> Get(ThriftMethod method, out bool isPlaceholder)
    {
        var found = method.IsUnknown
            ? PlaceholderOf(method)
            : _methods.GetOrAdd(
                method,
                static (method, _) => new(
                    TypeOf(method),
                    method.FullName[..method.FullName.LastIndexOf('/')],
                    method.Name,
                    Marshaller,
                    Marshaller),
                static (method, _) => PlaceholderOf(method),
                0);
        isPlaceholder = ReferenceEquals(found, AnyDuplex) || ReferenceEquals(found, AnySingle);
        return found;
    }

    private static MethodType TypeOf(ThriftMethod method) => method.TakesStream ? MethodType.DuplexStreaming : MethodType.ServerStreaming;

    private static Method<GrpcMessage, GrpcMessage> PlaceholderOf(ThriftMethod method) => method.TakesStream ? AnyDuplex : AnySingle;
}
