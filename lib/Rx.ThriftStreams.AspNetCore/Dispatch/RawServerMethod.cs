using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The method of one call that the server does not have, which a handler of the user's handles.</summary>
internal sealed class RawServerMethod(
    ThriftMethod<ThriftRawMessage, ThriftRawMessage> method,
    ThriftServerRuntime runtime,
    ThriftRawHandler handler,
    RawMethodRules rules)
    : ServerMethod<ThriftRawHandler, ThriftRawMessage, ThriftRawMessage>(method, _ => handler, runtime, rules.Gate, rules.Policy)
{
    protected override CallAccess FindAccess() => rules.Access.For(Method);

    protected override ValueTask HandleAsync(
        ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream,
        ServerCallContext context,
        ThriftRawHandler service)
    {
        var requests = new RequestStream<ThriftRawMessage, ThriftRawMessage>(stream, context);
        var responses = service(context, requests, context.CancellationToken);
        return Method.IsStreaming ? SendAllAsync(stream, context, responses) : SendOnlyAsync(stream, context, responses);
    }

    private async ValueTask SendOnlyAsync(
        ServerTransportStream<ThriftRawMessage, ThriftRawMessage> stream,
        ServerCallContext context,
        IAsyncEnumerable<ThriftRawMessage>? responses)
    {
        var count = 0;
        await foreach (var response in (responses ?? throw NullResults.Stream(Method)).WithCancellation(context.CancellationToken).ConfigureAwait(false))
        {
            if (++count > 1 || Method.IsOneway)
            {
                throw new ThriftProtocolException($"The raw handler returned more responses for {Method.FullName} than its caller takes.");
            }

            await stream.SendAsync(response ?? throw NullResults.Message(Method), context.HeadersToSend, context.CancellationToken).ConfigureAwait(false);
        }

        if (count == 0 && !Method.IsOneway)
        {
            throw new ThriftProtocolException($"The raw handler returned no response for {Method.FullName}.");
        }
    }
}
