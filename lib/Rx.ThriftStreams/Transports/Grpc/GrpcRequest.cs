namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>A request on its way through Grpc.Net.Client, and what it weighed. One a call, used again for each message.</summary>
internal sealed class GrpcRequest<T>
{
    internal T? Message { get; set; }

    internal int Size { get; set; }
}
