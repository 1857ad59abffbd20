using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.Client;

/// <summary>The life of one call on the client, independent of its messages: its time limit, its cancellation and its end.</summary>
/// <remarks>
/// The user, a token, a timer, the server call that it belongs to, and the transport may race to end a call. The first call of
/// <see cref="Abort"/> or <see cref="End"/> decides; operations that fail afterwards report that reason, not the transport's consequential error.
/// </remarks>
[DebuggerDisplay("{Method.FullName} {Status}")]
internal abstract class ClientCall : IAsyncDisposable, IAbandonable, ICallLifetime
{
    private readonly ThriftServerContext? _parent;
    private CancellationTokenSource? _over;
    private OperationTimer? _deadlineTimer;
    private CancellationTokenRegistration _methodCancellation;
    private CancellationTokenRegistration _enumerationCancellation;
    private CancellationTokenRegistration _parentCancellation;
    private Exception? _abortReason;
    private string? _tried;
    private bool _answered;

    // Null while the call is running, then its error or CallErrors.None: one field, so that no thread can see an end without its error.
    private object? _end;

    /// <param name="method">The method that is called.</param>
    /// <param name="start">What is sent with the request.</param>
    /// <param name="observation">Is notified of the end of the call; <see langword="null"/> if there are no listeners.</param>
    /// <param name="parent">The server call within which this call is made and whose end ends it, or <see langword="null"/>.</param>
    protected ClientCall(ThriftMethod method, ClientCallStart start, CallObservation? observation, ThriftServerContext? parent)
    {
        Method = method;
        Start = start;
        start.Call = this;
        Observation = observation;
        _parent = parent;
    }

    internal ThriftMethod Method { get; }

    internal ClientCallStart Start { get; }

    /// <summary>Is notified of what happens to the call; <see langword="null"/> if there was no listener when it began.</summary>
    internal CallObservation? Observation { get; }

    /// <summary>Logs the call if it fails.</summary>
    internal required FailureLog Failures { get; init; }

    /// <summary>The status with which the call ended; <see langword="null"/> while it is running.</summary>
    internal ThriftStatus? Status => Volatile.Read(ref _end) is { } end ? CallErrors.ToStatus(end as Exception) : null;

    internal bool IsOver => Volatile.Read(ref _end) is not null;

    /// <summary>The error with which the call ended; <see langword="null"/> before, and if it succeeded.</summary>
    internal Exception? EndError => Volatile.Read(ref _end) as Exception;

    /// <summary>Whether <see cref="Abort"/> has decided how the call ends.</summary>
    internal bool IsAborted => Volatile.Read(ref _abortReason) is not null;

    /// <inheritdoc/>
    /// <remarks>Stops creating the stream and pumping requests. Most calls end before anybody asks for it, and then have none.</remarks>
    public CancellationToken Over
    {
        get
        {
            if (Volatile.Read(ref _over) is null && Interlocked.CompareExchange(ref _over, new CancellationTokenSource(), null) is null && IsOver)
            {
                // The end came first, and did not find it.
                _over.Cancel();
            }

            return _over!.Token;
        }
    }

    /// <summary>The peer's address; empty before the stream is created.</summary>
    internal abstract string Peer { get; }

    internal abstract Task<ThriftMetadata> Headers { get; }

    internal abstract ThriftMetadata Trailers { get; }

    internal abstract IReadOnlyDictionary<string, string> Backward { get; }

    /// <summary>Starts the time limit and registers with the tokens. Called once.</summary>
    /// <param name="methodToken">The token that was passed to the method.</param>
    /// <param name="enumerationToken">The token that was passed to the enumeration.</param>
    internal void Begin(CancellationToken methodToken, CancellationToken enumerationToken)
    {
        _methodCancellation = AbortOn(methodToken);
        _enumerationCancellation = AbortOn(enumerationToken);
        if (_parent is not null)
        {
            _parentCancellation = _parent.CancellationToken.UnsafeRegister(static state => ((ClientCall)state!).AbortWithParent(), this);
        }

        if (Start.Limit is { } limit)
        {
            _deadlineTimer = new OperationTimer(Start.TimeProvider, limit, elapsed => OnDeadline(elapsed, null));
            _deadlineTimer.Start(Start.StartedAt);
        }

        if (Start.Options.FirstResponseTimeout is { } first && CallTimers.IsLimit(first))
        {
            LimitFirstResponse(new OperationTimer(
                Start.TimeProvider, first, elapsed => Abort(new ThriftTimeoutException(nameof(ThriftCallOptions.FirstResponseTimeout), ThriftTimeoutKind.FirstResponse, first, elapsed, Method.FullName))));
        }

        // The call may have ended in the meantime, on this thread or another: Release then ran before there was anything to release.
        Interlocked.MemoryBarrier();
        if (IsOver)
        {
            Release();
        }
    }

    /// <summary>Ends the call immediately with that reason, unless it has ended or another reason came first.</summary>
    /// <returns>Whether this reason was the first.</returns>
    internal bool Abort(Exception reason)
    {
        if (IsOver || Interlocked.CompareExchange(ref _abortReason, reason, null) is not null)
        {
            return false;
        }

        AbortStream(ForPeer(reason));
        End(reason);
        return true;
    }

    /// <summary>Aborts a newly created stream if the call was aborted in the meantime.</summary>
    /// <remarks>The stream must be visible to <see cref="AbortStream"/> before this is called: a concurrent abort either finds the stream or is found here.</remarks>
    private protected void AbortLateStream()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _abortReason) is { } reason)
        {
            AbortStream(ForPeer(reason));
        }
    }

    /// <inheritdoc/>
    public void Tries(string endpoint) => Volatile.Write(ref _tried, endpoint);

    public bool Abandon() => Abort(CallErrors.Disposed(Method));

    /// <summary>Throws if the call is over before its stream is created: a deadline that has passed, a token that is cancelled.</summary>
    internal void ThrowIfOver()
    {
        if (EndError is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>The error that a failed operation must report: the reason of the abort if there was one.</summary>
    /// <remarks>
    /// The server enforces the same deadline and may be the first to report that it has passed, worded by its transport. It is still the limit that was
    /// set here, so the clock decides, not which side was faster. A business error is the server's answer, however late.
    /// </remarks>
    internal Exception Explain(Exception error)
    {
        if (!IsAborted && error is ThriftException and not ThriftBizStatusException && Start.Remaining == TimeSpan.Zero)
        {
            OnDeadline(Start.Elapsed, error);
        }

        return Volatile.Read(ref _abortReason) ?? error;
    }

    /// <summary>
    /// Whether an operation failed because the call is over or about to be, so that receiving reports the cause. A message that cannot be encoded
    /// does not qualify: no other operation would report that.
    /// </summary>
    internal bool IsEnd(Exception error) => IsOver || error is ThriftException and not ThriftProtocolException;

    /// <summary>The call has received a response, or has ended without an error.</summary>
    internal void Answered()
    {
        if (!_answered)
        {
            _answered = true;
            Failures.Answered();
        }
    }

    /// <summary>Records the end; the first one is kept.</summary>
    internal void End(Exception? error)
    {
        if (Interlocked.CompareExchange(ref _end, error ?? CallErrors.None, null) is not null)
        {
            return;
        }

        Release();
        if (Volatile.Read(ref _over) is { } over)
        {
            _ = over.CancelAsync();
        }

        var peer = Peer;
        if (peer.Length == 0 && Volatile.Read(ref _tried) is { } tried)
        {
            peer = tried;
            Observation?.Tried(tried);
        }

        Observation?.Finish(error);
        if (error is null)
        {
            Answered();
        }
        else
        {
            if (error is ThriftException made)
            {
                made.IsOfCallMade = true;
            }

            Failures.Report(Method, peer, Start.Options.AttemptNumber, error);
        }
    }

    /// <summary>Cancels the call if it is running, and releases everything.</summary>
    public ValueTask DisposeAsync()
    {
        if (!IsOver && !Abandon())
        {
            // Another thread is ending the call, and may not have come to the stream yet: the peer gets its reason, not that of the disposal.
            AbortLateStream();
        }

        return DisposeStreamAsync();
    }

    /// <summary>Aborts the call with an <see cref="OperationCanceledException"/> of that token.</summary>
    internal CancellationTokenRegistration AbortOn(CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
        static (state, token) => ((ClientCall)state!).Abort(new OperationCanceledException(token)), this);

    /// <summary>A timer that aborts the call when one send takes too long; <see langword="null"/> without a limit.</summary>
    internal OperationTimer? CreateSendTimer() => Start.Options.SendTimeout is { } limit && CallTimers.IsLimit(limit)
        ? new(Start.TimeProvider, limit, elapsed => Abort(new ThriftTimeoutException(nameof(ThriftCallOptions.SendTimeout), ThriftTimeoutKind.Send, limit, elapsed, Method.FullName)))
        : null;

    /// <summary>Aborts the stream, if there is one.</summary>
    private protected abstract void AbortStream(Exception reason);

    /// <summary>Disposes the stream, if there is one.</summary>
    private protected abstract ValueTask DisposeStreamAsync();

    /// <summary>Starts the time limit of the first response.</summary>
    private protected abstract void LimitFirstResponse(OperationTimer timer);

    /// <summary>Disposes the timers of operations.</summary>
    private protected abstract void ReleaseTimers();

    private void AbortWithParent() => Abort(CallErrors.ParentCancelled(_parent!.CancellationReason));

    /// <summary>
    /// What the server receives about an abort. A cancelled handler often cancels its own calls too, by the token that it passed on or by
    /// disposing them. Which comes first is a race, so both report the same reason.
    /// </summary>
    private Exception ForPeer(Exception reason)
        => _parent?.CancellationReason is { } cause && reason is OperationCanceledException or ThriftStatusException { EndedByUser: true }
            ? CallErrors.ParentCancelled(cause)
            : reason;

    /// <summary>A call that is over must not be kept alive by a long-lived token or timer.</summary>
    private void Release()
    {
        _deadlineTimer?.Dispose();
        _methodCancellation.Unregister();
        _enumerationCancellation.Unregister();
        _parentCancellation.Unregister();
        ReleaseTimers();
    }

    private void OnDeadline(TimeSpan elapsed, Exception? cause)
    {
        var kind = Method.IsStreaming ? ThriftTimeoutKind.Stream : ThriftTimeoutKind.Rpc;
        var (limit, named) = (Start.Limit!.Value, Start.NamedLimit!.Value);

        // Earlier attempts, and the pauses between them, took the rest.
        Abort(new ThriftTimeoutException(Start.LimitName, kind, named, named - limit + elapsed, Method.FullName, cause));
    }
}
