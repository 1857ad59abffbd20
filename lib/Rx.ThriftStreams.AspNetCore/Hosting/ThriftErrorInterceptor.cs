using Grpc.Core;
using Grpc.Core.Interceptors;
using Rx.ThriftStreams.AspNetCore.Hosting;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>
/// Ends a call of a grpc-dotnet service whose handler failed with a <see cref="ThriftException"/>, because of a Thrift call that it made, with the same status:
/// <c>AddGrpc(options => options.Interceptors.Add&lt;ThriftErrorInterceptor&gt;())</c>. Without it the status is Unknown.
/// </summary>
/// <remarks>
/// The text is that of a <see cref="ThriftStatusException"/>, <see cref="ThriftBizStatusException"/> or <see cref="ThriftDeclaredException"/>, which a handler threw for its caller; other texts, which name addresses and limits of
/// this host, are left out. <see cref="ThriftStatusCode.ReceiveDeadlineExceeded"/> becomes DeadlineExceeded, and a number that gRPC does not define becomes Unknown. A request that
/// cannot be written was not sent: it is a mistake of this host, which grpc-dotnet logs and answers as any other exception. Thread-safe.
/// </remarks>
public sealed class ThriftErrorInterceptor : Interceptor
{
    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (ThriftException error) when (!MadeCallErrors.IsUnsent(error))
        {
            throw Translate(error);
        }
    }

    /// <inheritdoc/>
    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        try
        {
            return await continuation(requestStream, context).ConfigureAwait(false);
        }
        catch (ThriftException error) when (!MadeCallErrors.IsUnsent(error))
        {
            throw Translate(error);
        }
    }

    /// <inheritdoc/>
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (ThriftException error) when (!MadeCallErrors.IsUnsent(error))
        {
            throw Translate(error);
        }
    }

    /// <inheritdoc/>
    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        try
        {
            await continuation(requestStream, responseStream, context).ConfigureAwait(false);
        }
        catch (ThriftException error) when (!MadeCallErrors.IsUnsent(error))
        {
            throw Translate(error);
        }
    }

    private static RpcException Translate(ThriftException error)
        => new(new Status(StatusOf(error.StatusCode), MadeCallErrors.TextOf(error) ?? string.Empty, error));

    /// <summary>The numbers are those of gRPC, up to 16.</summary>
    private static StatusCode StatusOf(ThriftStatusCode code) => code switch
    {
        ThriftStatusCode.ReceiveDeadlineExceeded => StatusCode.DeadlineExceeded,
        > ThriftStatusCode.OK and <= ThriftStatusCode.Unauthenticated => (StatusCode)code,
        _ => StatusCode.Unknown,
    };
}
