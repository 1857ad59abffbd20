using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Protection;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Middleware;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>One method of a service on the server: runs a call from its arrival to its end, over whatever transport brought it.</summary>
internal abstract partial class ServerMethod(ThriftMethod method, ThriftServerRuntime runtime, MethodGate? gate = null, MethodPolicy? policy = null)
{
    private const int FaultId = 10;
    private const int BrokenId = 11;
    private const int FailedId = 14;

    private readonly MethodGate _gate = gate ?? runtime.Traffic.GateOf(method);
    private MethodPolicy _policy = policy ?? runtime.Policy;
    private CallAccess? _access;

    internal ThriftMethod Method { get; } = method;

    /// <summary>The checks for calls that did not arrive over HTTP.</summary>
    /// <exception cref="InvalidOperationException">That cannot be evaluated.</exception>
    internal CallAccess Access => _access ??= FindAccess();

    /// <summary>The middleware; <see langword="null"/> if there is none.</summary>
    protected ServerMiddleware? Middleware => _policy.Middleware;

    /// <summary>How many messages the caller of a stream may send within a second; <see langword="null"/> for any number.</summary>
    protected int? MessagesPerSecond => Method.IsStreaming ? _gate.MessagesPerSecond : null;

    protected ThriftServerOptions Options => runtime.Options;

    /// <summary>Takes the middleware and the rules of the method's endpoint, before its first call.</summary>
    internal void Configure(IEnumerable<object> metadata, IServiceProvider services) => _policy = MethodPolicy.Of(runtime.Options, metadata, services);

    /// <summary>Handles a call if its caller may make it. Never fails: whatever goes wrong becomes the call's outcome.</summary>
    internal Task InvokeAsync(ServerTransportCall call, IServiceProvider services) => InvokeAsync(call, services, null, isAdmitted: false);

    /// <summary>Handles a call that has been authorized. Never fails.</summary>
    /// <param name="call">The call.</param>
    /// <param name="services">Its scope.</param>
    /// <param name="identity">Who calls; <see langword="null"/> if that is not known.</param>
    internal Task InvokeAdmittedAsync(ServerTransportCall call, IServiceProvider services, CallIdentity? identity)
        => InvokeAsync(call, services, identity, isAdmitted: true);

    protected virtual CallAccess FindAccess() => runtime.Access.Of(Method);

    /// <summary>Runs the handler and sends what it returns.</summary>
    protected abstract ValueTask HandleAsync(ServerTransportCall call, ServerCallContext context, IServiceProvider services);

    private async Task InvokeAsync(ServerTransportCall call, IServiceProvider services, CallIdentity? identity, bool isAdmitted)
    {
        var observation = runtime.Calls.TryStart(Method, call.Transport, call.Peer, call.RequestHeaders);
        var context = new ServerCallContext(Method, call, services, runtime) { Handler = this, Observation = observation };
        ServerCallOutcome outcome;
        MethodGate.Entry entry = default;
        ThriftServerContext.SetCurrent(context);
        try
        {
            // A deadline may have passed on the way here.
            context.CancellationToken.ThrowIfCancellationRequested();
            if (call.IsOverConnectionLimit)
            {
                throw new RefusedException(RefusalKind.Connections);
            }

            entry = _gate.Enter();
            if (identity is { } known)
            {
                context.Identify(known);
            }

            if (isAdmitted || Access.IsOpen)
            {
                await HandleAdmittedAsync(call, context, services).ConfigureAwait(false);
            }
            else
            {
                await AdmitAsync(call, context, services).ConfigureAwait(false);
            }

            outcome = ServerCallOutcome.Success;
        }
        catch (Exception error)
        {
            if (error is CallerGoneException)
            {
                context.CancelWithCaller();
            }

            outcome = ServerFaults.Classify(error, context, runtime.RevealErrors);
            Log(error, outcome, context);
        }
        finally
        {
            entry.Dispose();
            ThriftServerContext.SetCurrent(null);
        }

        context.End();
        observation?.Finish(outcome);
        await call.CompleteAsync(outcome, context.HeadersToSend, context.TrailersToSend).ConfigureAwait(false);
    }

    private ValueTask HandleAdmittedAsync(ServerTransportCall call, ServerCallContext context, IServiceProvider services)
        => _policy.Rules.Length > 0 || runtime.Guard is not null ? HandleGuardedAsync(call, context, services) : HandlePassedAsync(call, context, services);

    private ValueTask HandlePassedAsync(ServerTransportCall call, ServerCallContext context, IServiceProvider services)
        => _policy.Middleware is { } middleware ? HandleThroughAsync(middleware, call, context, services) : HandleAsync(call, context, services);

    private async ValueTask HandleGuardedAsync(ServerTransportCall call, ServerCallContext context, IServiceProvider services)
    {
        await CallGuard.CheckAsync(_policy.Rules, context).ConfigureAwait(false);
        if (runtime.Guard is { } guard)
        {
            await guard.HandleAsync(context, () => HandlePassedAsync(call, context, services)).ConfigureAwait(false);
        }
        else
        {
            await HandlePassedAsync(call, context, services).ConfigureAwait(false);
        }
    }

    /// <summary>Apart from its caller so that only calls with something to evaluate pay for what it captures.</summary>
    private ValueTask AdmitAsync(ServerTransportCall call, ServerCallContext context, IServiceProvider services)
        => Access.AdmitAsync(
            call,
            services,
            identity =>
            {
                context.Identify(identity);
                return HandleAdmittedAsync(call, context, services);
            },
            context.CancellationToken);

    /// <summary>Apart from its caller so that only calls with middleware pay for what it captures.</summary>
    private ValueTask HandleThroughAsync(ServerMiddleware middleware, ServerTransportCall call, ServerCallContext context, IServiceProvider services)
        => middleware.HandleAsync(context, () => HandleAsync(call, context, services));

    private void Log(Exception error, in ServerCallOutcome outcome, ServerCallContext context)
    {
        if (error is RefusedException refused)
        {
            Refusals.Report(runtime.Logger, runtime.Entries, Method, refused, context.Peer);
        }
        else if (outcome.Error is RouteException || (error is OperationCanceledException && ReferenceEquals(outcome.Error, context.CancellationReason)))
        {
            // The handler was only cancelled: what refused the call is the reason.
            LogFailure(outcome.Status.Code, outcome.Error!.Message, context);
        }
        else if (outcome.Origin is ServerFaultOrigin.Handler or ServerFaultOrigin.HandlerFault)
        {
            // The caller learns little of what was not thrown for it, so that the log must have it. Business errors and declared exceptions are results.
            if (ServerFaults.IsMeantForCaller(error))
            {
                if (error is ThriftStatusException status
                    && !(CallTags.IsError(ThriftCallSide.Server, outcome.Status, failed: true) && runtime.HandlerFailures.TryLog(Method, context.Peer, status, status.IsOfCallMade)))
                {
                    // Why credentials are not valid is for this log only.
                    LogFailure(outcome.Status.Code, error.InnerException is { } cause ? $"{error.Message} {cause.Message}" : error.Message, context);
                }
            }
            else if (error is ThriftException { StatusCode: ThriftStatusCode.Unavailable or ThriftStatusCode.DeadlineExceeded or ThriftStatusCode.ReceiveDeadlineExceeded } failed)
            {
                // The outage of a server that the handler calls: no fault of the handler, and its stack says nothing.
                if (!runtime.HandlerFailures.TryLog(Method, context.Peer, failed, isOfCallMade: true))
                {
                    LogFailure(failed.StatusCode, failed.Message, context);
                }
            }
            else if (runtime.Entries.TryTake(FaultId, LogLevel.Error))
            {
                LogFault(runtime.Logger, error, Method.FullName, context.Peer);
            }
        }
        else if (error is ThriftProtocolException or ThriftTimeoutException)
        {
            if (runtime.Entries.TryTake(BrokenId, LogLevel.Warning))
            {
                LogBroken(runtime.Logger, Method.FullName, context.Peer, LogText.Escape(error.Message));
            }
        }
        else
        {
            LogCancelled(runtime.Logger, Method.FullName, context.Peer, LogText.Escape(context.CancellationReason?.Message ?? outcome.Status.Message));
        }
    }

    private void LogFailure(ThriftStatusCode code, string reason, ServerCallContext context)
    {
        if (runtime.Entries.TryTake(FailedId, LogLevel.Information))
        {
            LogFailed(runtime.Logger, Method.FullName, context.Peer, code, LogText.Escape(reason));
        }
    }

    [LoggerMessage(FailedId, LogLevel.Information, "A call of {Method} from {Peer} failed with {Code}: {Reason}", EventName = "ServerCallFailed")]
    private static partial void LogFailed(ILogger logger, string method, string peer, ThriftStatusCode code, string reason);

    [LoggerMessage(FaultId, LogLevel.Error, "The handler of {Method} failed, called from {Peer}.", EventName = "HandlerFailed")]
    private static partial void LogFault(ILogger logger, Exception error, string method, string peer);

    [LoggerMessage(BrokenId, LogLevel.Warning, "A call of {Method} from {Peer} was broken: {Reason}", EventName = "CallBroken")]
    private static partial void LogBroken(ILogger logger, string method, string peer, string reason);

    [LoggerMessage(12, LogLevel.Debug, "A call of {Method} from {Peer} was cancelled: {Reason}", EventName = "CallCancelled")]
    private static partial void LogCancelled(ILogger logger, string method, string peer, string reason);
}
