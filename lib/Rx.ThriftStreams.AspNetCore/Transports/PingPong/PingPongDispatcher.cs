using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Routes requests to their methods, and answers those for which there is none. One instance per host.</summary>
internal sealed partial class PingPongDispatcher(ThriftServerRuntime runtime, IServiceScopeFactory scopes)
{
    private const int RefusedId = 43;

    /// <summary>Handles a request until its answer is sent. Never fails.</summary>
    internal async ValueTask HandleAsync(PingPongRequest request, IPingPongPeer peer)
    {
        if (request.Type is not (ThriftMessageType.Call or ThriftMessageType.Oneway))
        {
            await RefuseAsync(
                request,
                peer,
                new((int)ApplicationErrorType.InvalidMessageType, $"server side, invalid message type {(int)request.Type}", ThriftStatusCode.Internal)).ConfigureAwait(false);
        }
        else if ((peer.Connection.Protocols & request.Protocol) == 0)
        {
            // A connection may change its form with each request.
            await RefuseAsync(
                request,
                peer,
                new((int)ApplicationErrorType.ProtocolError, $"calls over {request.Form.Name} are not served on this port", ThriftStatusCode.Unimplemented)).ConfigureAwait(false);
        }
        else if (request.Refusal is { } refusal)
        {
            if (runtime.Entries.TryTake(RefusedId, LogLevel.Warning))
            {
                LogRefused(runtime.Logger, peer.Address, LogText.Escape(request.Method), refusal);
            }

            // The whole request has passed, so that the other calls of a shared connection can continue.
            var error = new KitexAnswer((int)ApplicationErrorType.ProtocolError, refusal, ThriftStatusCode.ResourceExhausted);
            await RefuseAsync(request, peer, error, close: !request.IsMultiplexed).ConfigureAwait(false);
        }
        else if (Find(request, peer, out var unknown) is { } method)
        {
            await InvokeAsync(request, peer, method).ConfigureAwait(false);
        }
        else
        {
            runtime.Router.Report(unknown!, peer.Address);
            var outcome = new ServerCallOutcome(unknown, ServerFaultOrigin.Framework, RevealDetails: true);
            await RefuseAsync(request, peer, KitexAnswer.Of(outcome, KitexProtocol.PingPong, request.Method)).ConfigureAwait(false);
        }
    }

    private ServerMethod? Find(PingPongRequest request, IPingPongPeer peer, out RouteException? unknown)
    {
        var origin = new CallOrigin(request.Protocol, peer.Connection.LocalPort);
        var found = request.IsMultiplexedName
            ? runtime.Router.FindExactly(request.Service, request.Method, CallForm.PingPong, origin, out unknown)
            : runtime.Router.Find(request.Service, request.Method, CallForm.PingPong, origin, out unknown);
        return found ?? runtime.Router.FindFallback(unknown, string.Empty, ThriftStreamingMode.PingPong, request.Type == ThriftMessageType.Oneway, origin);
    }

    private async ValueTask InvokeAsync(PingPongRequest request, IPingPongPeer peer, ServerMethod method)
    {
        using var call = new PingPongServerCall(peer, request, method.Method.ServiceName);
        try
        {
            var services = new CallScope(scopes);
            await using (services.ConfigureAwait(false))
            {
                await method.InvokeAsync(call, services).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            LogScopeFailed(runtime.Logger, error, method.Method.FullName, peer.Address);
            if (!call.IsComplete)
            {
                await call.CompleteAsync(
                    new ServerCallOutcome(new ThriftStatusException(ThriftStatusCode.Internal, "internal error"), ServerFaultOrigin.Framework, RevealDetails: false),
                    ThriftMetadata.Empty,
                    ThriftMetadata.Empty).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask RefuseAsync(PingPongRequest request, IPingPongPeer peer, KitexAnswer error, bool close = true)
    {
        using var answer = new PingPongAnswer(request);
        answer.SetError(error);
        await peer.AnswerAsync(answer, close).ConfigureAwait(false);
    }

    [LoggerMessage(RefusedId, LogLevel.Warning, "A call of {Method} from {Peer} was refused: {Reason}", EventName = "PingPongCallTooLarge")]
    private static partial void LogRefused(ILogger logger, string peer, string method, string reason);

    [LoggerMessage(45, LogLevel.Error, "A call of {Method} from {Peer} could not be handled, or what it used could not be disposed of.", EventName = "CallNotHandled")]
    private static partial void LogScopeFailed(ILogger logger, Exception error, string method, string peer);
}
