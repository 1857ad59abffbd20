using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The context of one call: its clock, its cancellation, and what goes back besides the messages.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A timer or the caller may cancel at any moment, also when the call has just ended; the source holds nothing that needs to be disposed.")]
internal sealed class ServerCallContext : ThriftServerContext
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ServerTransportCall _call;
    private readonly IServiceProvider _services;
    private readonly ThriftServerRuntime _runtime;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenRegistration _callerGone;
    private readonly OperationTimer? _deadlineTimer;
    private readonly TimeSpan? _limit;
    private readonly long _startedAt;
    private readonly OperationTimer? _durationTimer;
    private readonly TimeSpan? _expiryGrace;
    private OperationTimer? _expiryTimer;
    private ConcurrentDictionary<object, object?>? _items;
    private ThriftMetadata? _responseHeaders;
    private ThriftMetadata? _responseTrailers;
    private Func<ServerCallContext, ThriftException>? _cancelledBy;
    private ThriftException? _reason;
    private ClaimsPrincipal? _user;
    private bool _headersSent;

    internal ServerCallContext(ThriftMethod method, ServerTransportCall call, IServiceProvider services, ThriftServerRuntime runtime)
    {
        var options = runtime.Options;
        Method = method;
        _services = services;
        _expiryGrace = CallTimers.IsLimit(options.Limits.ExpiredCredentialsGrace) ? options.Limits.ExpiredCredentialsGrace : null;
        _call = call;
        _runtime = runtime;

        // Kept: a transport may have reused what the call stands for when what the handler left running asks for the reason.
        _aborted = call.Aborted;
        var clock = options.TimeProvider;
        _startedAt = clock.GetTimestamp();
        if (!method.IsOneway)
        {
            // Nothing waits for a oneway call: it continues when its caller disconnects.
            _callerGone = _aborted.UnsafeRegister(
                static state => ((ServerCallContext)state!).CancelWithCaller(), this);
        }

        if (call.Timeout is { } timeout)
        {
            _limit = timeout;
            var now = clock.GetUtcNow();
            Deadline = timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue;
            _deadlineTimer = StartTimer(clock, timeout, "timeout");
        }

        if (method.IsStreaming && CallTimers.IsLimit(options.Limits.MaxStreamDuration))
        {
            _durationTimer = StartTimer(clock, options.Limits.MaxStreamDuration, nameof(ThriftServerLimits.MaxStreamDuration));
        }
    }

    /// <summary>Logs errors of the requests that reach no handler.</summary>
    internal UnhandledErrorLog UnhandledErrors => _runtime.UnhandledErrors;

    public override ThriftMethod Method { get; }

    public override string Transport => _call.Transport;

    public override string Peer => _call.Peer;

    public override ThriftServerConnection Connection => _call.Connection;

    public override ClaimsPrincipal User => LazyInitializer.EnsureInitialized(ref _user, static () => CallIdentity.Anonymous.User);

    public override IServiceProvider Services => (_services as CallScope)?.Services ?? _services;

    public override string CallerService => _call.CallerService;

    public override ThriftMetadata RequestHeaders => _call.RequestHeaders;

    public override ThriftMetaInfo MetaInfo => _call.MetaInfo;

    public override DateTimeOffset? Deadline { get; }

    internal override TimeSpan? TimeLeft => _limit - _runtime.Options.TimeProvider.GetElapsedTime(_startedAt);

    public override CancellationToken CancellationToken => _cancellation.Token;

    public override CancellationToken Stopping => _runtime.Stopping;

    public override ThriftException? CancellationReason
    {
        get
        {
            CancelIfCallerIsGone();
            return Volatile.Read(ref _cancelledBy) is { } reason ? LazyInitializer.EnsureInitialized(ref _reason, () => reason(this)) : null;
        }
    }

    public override ThriftMetadata ResponseHeaders => LazyInitializer.EnsureInitialized(ref _responseHeaders);

    public override ThriftMetadata ResponseTrailers => LazyInitializer.EnsureInitialized(ref _responseTrailers);

    /// <summary>The response headers for reading; unlike <see cref="ResponseHeaders"/>, they take no memory if there are none.</summary>
    internal ThriftMetadata HeadersToSend => Volatile.Read(ref _responseHeaders) ?? ThriftMetadata.Empty;

    /// <summary>The trailers for reading, likewise.</summary>
    internal ThriftMetadata TrailersToSend => Volatile.Read(ref _responseTrailers) ?? ThriftMetadata.Empty;

    public override IDictionary<object, object?> Items => LazyInitializer.EnsureInitialized(ref _items);

    /// <summary>Is notified of what happens to the call; <see langword="null"/> if there is no observer.</summary>
    internal CallObservation? Observation { get; init; }

    public override async Task SendHeadersAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_headersSent)
        {
            throw new InvalidOperationException("The response headers have already been sent. Set them before the first response, and send them once.");
        }

        _headersSent = true;
        var sent = _call.SendHeadersAsync(HeadersToSend);
        if (!sent.IsCompletedSuccessfully)
        {
            await sent.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The method, with the checks for its calls.</summary>
    internal required ServerMethod Handler { get; init; }

    public override async Task RenewUserAsync(string authorization, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(authorization);
        Identify(await Handler.Access.RenewAsync(_call, Services, authorization, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Records the caller.</summary>
    internal void Identify(CallIdentity identity)
    {
        Volatile.Write(ref _user, identity.User);
        var timer = Method.IsStreaming && _expiryGrace is { } grace && identity.ExpiresAt is { } expires ? StartExpiryTimer(expires, grace) : null;
        Interlocked.Exchange(ref _expiryTimer, timer)?.Dispose();
        if (Volatile.Read(ref _cancelledBy) is not null)
        {
            // The call may have ended meanwhile, and looked for a timer before there was one.
            timer?.Dispose();
        }
    }

    /// <summary>A message was sent, and the headers with it.</summary>
    internal void SetHeadersSent() => _headersSent = true;

    internal ValueTask AcknowledgeOnewayAsync() => _call.AcknowledgeOnewayAsync();

    /// <summary>Cancels the call with that reason, unless another came first.</summary>
    internal void Cancel(ThriftException reason) => Cancel(_ => reason);

    /// <summary>
    /// A receive or a send found that the caller is gone. The token that says so may be on its way still, but the handler's own clean-up, which is
    /// next, should see it.
    /// </summary>
    internal void CancelWithCaller()
    {
        if (TrySetReason(static context => context._call.AbortReason))
        {
            // First: the handler that is cancelled next may make calls, or end, at once.
            _call.OnCallerGone();
        }

        // Also if another thread has set the reason and is about to cancel: the clean-up that is next must see it.
        BeginCancelling();
    }

    /// <summary>Cancels what the handler started and left running.</summary>
    internal void End()
    {
        _deadlineTimer?.Dispose();
        _durationTimer?.Dispose();
        Volatile.Read(ref _expiryTimer)?.Dispose();
        _callerGone.Unregister();
        CancelIfCallerIsGone();
        Cancel(static context => context._call.HandlerEndedReason
            ?? new ThriftStatusException(ThriftStatusCode.Cancelled, $"The handler of {context.Method.FullName} has ended."));
    }

    /// <summary>
    /// The first cause counts, whichever thread detects it first. A transport requests the cancellation before a receive or a send of the handler fails, but its callback,
    /// which records the reason here, runs on another thread: the handler may fail, ask for the reason, or end before it does.
    /// </summary>
    private void CancelIfCallerIsGone()
    {
        if (!Method.IsOneway && _aborted.IsCancellationRequested)
        {
            CancelWithCaller();
        }
    }

    private void Cancel(Func<ServerCallContext, ThriftException> reason)
    {
        if (TrySetReason(reason))
        {
            BeginCancelling();
        }
    }

    /// <summary>Reasons are made when they are asked for: most calls end without anybody asking.</summary>
    private bool TrySetReason(Func<ServerCallContext, ThriftException> reason) => Interlocked.CompareExchange(ref _cancelledBy, reason, null) is null;

    // Not on this thread: what was registered with the token is user code.
    private void BeginCancelling() => _ = _cancellation.CancelAsync();

    private OperationTimer StartExpiryTimer(DateTimeOffset expires, TimeSpan grace)
    {
        var clock = _runtime.Options.TimeProvider;
        var timer = new OperationTimer(
            clock,
            expires - clock.GetUtcNow() + grace,
            _ => Cancel(new ThriftStatusException(ThriftStatusCode.Unauthenticated, $"The credentials of the caller of {Method.FullName} expired at {expires:O}.")));
        timer.Start(clock.GetTimestamp());
        return timer;
    }

    private OperationTimer StartTimer(TimeProvider clock, TimeSpan limit, string option)
    {
        var timer = new OperationTimer(
            clock, limit, elapsed => Cancel(new ThriftTimeoutException(option, Method.IsStreaming ? ThriftTimeoutKind.Stream : ThriftTimeoutKind.Rpc, limit, elapsed, Method.FullName)));
        timer.Start(_startedAt);
        return timer;
    }
}
