// <sample beside-status>
using Grpc.Core;
using Grpc.Core.Interceptors;
using Rx.ThriftStreams;

/// <summary>Answers a call of grpc-dotnet whose Thrift call failed with the same status. The other kinds of methods have overrides of the same shape.</summary>
internal sealed class ThriftErrorInterceptor : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (ThriftException error)
        {
            throw new RpcException(new Status(StatusOf(error.StatusCode), error is ThriftStatusException or ThriftBizStatusException or ThriftDeclaredException ? error.Message : string.Empty, error));
        }
    }

    /// <summary>The numbers are those of gRPC, up to 16.</summary>
    private static StatusCode StatusOf(ThriftStatusCode code) => code switch
    {
        ThriftStatusCode.ReceiveDeadlineExceeded => StatusCode.DeadlineExceeded,
        > ThriftStatusCode.OK and <= ThriftStatusCode.Unauthenticated => (StatusCode)code,
        _ => StatusCode.Unknown,
    };
}
// </sample beside-status>
