using Rx.ThriftStreams.Middleware;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Metadata of an endpoint: middleware and rules for its calls.</summary>
internal sealed record CallMetadata(ThriftServerStreamMiddleware? Stream = null, ThriftSendMiddleware? Send = null, ThriftReceiveMiddleware? Receive = null, ThriftRejectRule? Rule = null);

/// <summary>What is around the handler of one method: that of the host first, then that of its endpoint.</summary>
/// <param name="Middleware">The middleware; <see langword="null"/> if there is none.</param>
/// <param name="Rules">The rules that may reject a call.</param>
internal sealed record MethodPolicy(ServerMiddleware? Middleware, ThriftRejectRule[] Rules)
{
    internal static MethodPolicy Of(ThriftServerOptions options, IEnumerable<CallMetadata> metadata)
    {
        var own = metadata.ToArray();
        ThriftServerStreamMiddleware[] stream = [.. options.StreamMiddleware, .. own.Select(static m => m.Stream).OfType<ThriftServerStreamMiddleware>()];
        ThriftSendMiddleware[] send = [.. options.SendMiddleware, .. own.Select(static m => m.Send).OfType<ThriftSendMiddleware>()];
        ThriftReceiveMiddleware[] receive = [.. options.ReceiveMiddleware, .. own.Select(static m => m.Receive).OfType<ThriftReceiveMiddleware>()];
        return new(
            stream.Length + send.Length + receive.Length == 0 ? null : new(stream, send, receive),
            [.. options.RejectRules, .. own.Select(static m => m.Rule).OfType<ThriftRejectRule>()]);
    }
}
