using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Binds the methods of a schema to a handler, as generated code binds those of a service to its implementation.</summary>
internal static class DynamicBinding
{
    internal static void Bind(ThriftServiceSchema service, ThriftServiceBinder<ThriftDynamicHandler> binder)
    {
        foreach (var method in service.Methods)
        {
            switch (method.Mode)
            {
                case StreamingMode.Bidirectional:
                    binder.AddBidirectional(method.Method, (handler, requests, token) => handler.DuplexStreamingAsync(method, Received(requests, method, CancellationToken.None), token));
                    break;

                case StreamingMode.Client:
                    binder.AddClientStreaming(method.Method, (handler, requests, token) => handler.ClientStreamingAsync(method, Received(requests, method, CancellationToken.None), token));
                    break;

                case StreamingMode.Server:
                    binder.AddServerStreaming(method.Method, (handler, request, token) => handler.ServerStreamingAsync(method, request.Attach(method.Request), token));
                    break;

                default:
                    binder.AddUnary(method.Method, (handler, arguments, token) => CallAsync(handler, method, arguments, token));
                    break;
            }
        }
    }

    private static async Task<ThriftDynamicMessage> CallAsync(ThriftDynamicHandler handler, ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await handler.CallAsync(method, arguments.Attach(method.Request), cancellationToken).ConfigureAwait(false) ?? ThriftDynamicMessage.Empty;
        }
        catch (ThriftDynamicException exception) when (MethodResult.Of(method, exception) is { } result)
        {
            return result;
        }
    }

    private static async IAsyncEnumerable<ThriftDynamicMessage> Received(
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        ThriftMethodSchema method,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var request in requests.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return request.Attach(method.Request);
        }
    }
}
