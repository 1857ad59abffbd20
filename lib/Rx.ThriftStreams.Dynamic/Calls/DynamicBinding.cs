using System.Linq;
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
                case ThriftStreamingMode.Bidirectional:
                    binder.AddBidirectional(method.Method, (handler, requests, token) => handler.DuplexStreamingAsync(method, requests.Select(method.AttachRequest), token));
                    break;

                case ThriftStreamingMode.Client:
                    binder.AddClientStreaming(method.Method, (handler, requests, token) => handler.ClientStreamingAsync(method, requests.Select(method.AttachRequest), token));
                    break;

                case ThriftStreamingMode.Server:
                    binder.AddServerStreaming(method.Method, (handler, request, token) => handler.ServerStreamingAsync(method, method.AttachRequest(request), token));
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
            return await handler.CallAsync(method, method.AttachRequest(arguments), cancellationToken).ConfigureAwait(false) ?? ThriftDynamicMessage.Empty;
        }
        catch (ThriftDynamicException exception) when (MethodResult.Of(method, exception) is { } result)
        {
            return result;
        }
    }
}
