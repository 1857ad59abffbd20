using Rx.ThriftStreams.Middleware;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Metadata of an endpoint: middleware and rules for its calls.</summary>
/// <param name="Stream">Around the whole handling of a call.</param>
/// <param name="Send">Around sending each response.</param>
/// <param name="Receive">Around receiving each request.</param>
/// <param name="Rule">May reject a call.</param>
/// <param name="Check">Fails when the host starts if the middleware cannot be made.</param>
internal sealed record CallMetadata(
    ThriftServerStreamMiddleware? Stream = null,
    ThriftSendMiddleware? Send = null,
    ThriftReceiveMiddleware? Receive = null,
    ThriftRejectRule? Rule = null,
    Action<IServiceProvider>? Check = null);

/// <summary>The middleware and rules of one method: those of the host first, then those of its endpoint.</summary>
/// <param name="Middleware">The middleware; <see langword="null"/> if there is none.</param>
/// <param name="Rules">The rules that may reject a call.</param>
internal sealed record MethodPolicy(ServerMiddleware? Middleware, ThriftRejectRule[] Rules)
{
    /// <summary>Combines what the host and an endpoint have.</summary>
    internal static MethodPolicy Of(ThriftServerOptions options, IEnumerable<object> metadata, IServiceProvider services)
    {
        var own = metadata.OfType<CallMetadata>().ToArray();
        foreach (var check in own.Select(static m => m.Check))
        {
            check?.Invoke(services);
        }

        ThriftServerStreamMiddleware[] stream = [.. options.StreamMiddleware, .. own.Select(static m => m.Stream).OfType<ThriftServerStreamMiddleware>()];
        ThriftSendMiddleware[] send = [.. options.SendMiddleware, .. own.Select(static m => m.Send).OfType<ThriftSendMiddleware>()];
        ThriftReceiveMiddleware[] receive = [.. options.ReceiveMiddleware, .. own.Select(static m => m.Receive).OfType<ThriftReceiveMiddleware>()];
        return new(
            stream.Length + send.Length + receive.Length == 0 ? null : new(stream, send, receive),
            [.. options.RejectRules, .. own.Select(static m => m.Rule).OfType<ThriftRejectRule>()]);
    }
}
