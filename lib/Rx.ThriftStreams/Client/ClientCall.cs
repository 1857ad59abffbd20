using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>
/// One call on the client, above the transports: its time limits, its cancellation, the order of its sends and its end.
/// Everything that users hold is a thin face of this.
/// </summary>
/// <remarks>
/// Whoever calls <see cref="Abort"/> first decides how the call ends: operations that fail afterwards report that reason, not
/// what the transport made of it.
/// </remarks>
[DebuggerDisplay("{Method.FullName} {Status}")]
internal sealed partial class ClientCall<TRequest, TResponse> : IAsyncDisposable, IAbandonable
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ClientCallStart _start;
    private readonly CancellationTokenSource _over = new();
    private readonly ThriftServerContext? _parent;
    private readonly TimeSpan _limit = Timeout.InfiniteTimeSpan;
    private readonly OperationTimer? _deadlineTimer;
    private readonly CancellationTokenRegistration _methodCancellation;
    private readonly CancellationTokenRegistration _enumerationCancellation;
    private readonly CancellationTokenRegistration _parentCancellation;

    private ClientTransportStream<TRequest, TResponse>? _stream;
    private Exception? _abortReason;

    // Null while the call goes on, then its error or CallErrors.None: one field, so that nobody can see an end without its error.
    private object? _end;

    /// <param name="method">The method that is called.</param>
    /// <param name="start">What goes with the request.</param>
    /// <param name="observation">Is told the end of the call; <see langword="null"/> if nobody listens.</param>
    /// <param name="parent">The server call within which this call is made and whose end ends it, or <see langword="null"/>.</param>
    /// <param name="methodToken">The token that the method was given; cancelling it ends the call.</param>
    /// <param name="enumerationToken">The token that the enumeration was given; likewise.</param>
    internal ClientCall(
        ThriftMethod method,
        ClientCallStart start,
        CallObservation? observation,
        ThriftServerContext? parent,
        CancellationToken methodToken,
        CancellationToken enumerationToken)
    {
        Method = method;
        _start = start;
        Observation = observation;
        _methodCancellation = AbortOn(methodToken);
        _enumerationCancellation = AbortOn(enumerationToken);
        _parent = parent;
        if (parent is not null)
        {
            _parentCancellation = parent.CancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).AbortWithParent(), this);
        }

        if (start.Remaining is { } remaining)
        {
            _limit = remaining;
            _deadlineTimer = new OperationTimer(start.TimeProvider, remaining, elapsed => OnDeadline(elapsed, null));
            _deadlineTimer.Start(start.TimeProvider.GetTimestamp());
        }

        // What ended the call while it was being made found nothing to let go of.
        Interlocked.MemoryBarrier();
        if (IsOver)
        {
            Release();
        }
    }

    internal ThriftMethod Method { get; }

    /// <summary>Is told what happens to the call; <see langword="null"/> if nobody listened when it began.</summary>
    internal CallObservation? Observation { get; }

    /// <summary>The status with which the call ended; <see langword="null"/> while it goes on.</summary>
    internal ThriftStatus? Status => Volatile.Read(ref _end) is { } end ? CallErrors.ToStatus(end as Exception) : null;

    internal bool IsOver => Volatile.Read(ref _end) is not null;

    internal string Peer => Stream.Peer;

    internal ThriftMetadata Trailers => Stream.Trailers;

    internal IReadOnlyDictionary<string, string> Backward => Stream.Backward;

    internal TResponse Current => Stream.Current;

    /// <summary>Cancelled when the call is over, however it ended. Creating the stream and pumping requests stop by it.</summary>
    internal CancellationToken Over => _over.Token;

    private ClientTransportStream<TRequest, TResponse> Stream
        => _stream ?? throw new InvalidOperationException($"The stream of {Method.FullName} has not been created.");

    /// <summary>Joins the call with the stream that was created for it.</summary>
    internal void Attach(ClientTransportStream<TRequest, TResponse> stream)
    {
        Volatile.Write(ref _stream, stream);

        // An abort that came while the stream was being created found none to tell.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _abortReason) is { } reason)
        {
            stream.Abort(ForPeer(reason));
        }
    }

    internal Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken) => Stream.Headers.WaitAsync(cancellationToken);

    /// <summary>Ends the call at once with that reason, unless it has ended or another reason came first.</summary>
    /// <returns>Whether this was the reason that counts.</returns>
    internal bool Abort(Exception reason)
    {
        if (IsOver || Interlocked.CompareExchange(ref _abortReason, reason, null) is not null)
        {
            return false;
        }

        Volatile.Read(ref _stream)?.Abort(ForPeer(reason));
        End(reason);
        return true;
    }

    public bool Abandon() => Abort(CallErrors.Disposed(Method));

    /// <summary>Fails if the call is over before its stream is created: a deadline that has passed, a token that is cancelled.</summary>
    internal void ThrowIfOver()
    {
        if (Volatile.Read(ref _end) is Exception error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    /// <summary>What an operation that failed has to report: the reason of the abort if there was one.</summary>
    /// <remarks>
    /// The server counts the same time and may be the first to say that it is over, in the words of its transport. That is still the limit that was
    /// set here, so the clock decides and not who was faster.
    /// </remarks>
    internal Exception Explain(Exception error)
    {
        if (Volatile.Read(ref _abortReason) is null
            && error is ThriftException and not ThriftBizStatusException
            && _start.Deadline - _start.TimeProvider.GetUtcNow() is { } left && left <= TimeSpan.Zero)
        {
            OnDeadline(_limit - left, error);
        }

        return Volatile.Read(ref _abortReason) ?? error;
    }

    /// <summary>Records the end, which is the first that is recorded.</summary>
    internal void End(Exception? error)
    {
        if (Interlocked.CompareExchange(ref _end, error ?? CallErrors.None, null) is not null)
        {
            return;
        }

        Release();
        _ = _over.CancelAsync();
        Observation?.Finish(error);
    }

    /// <summary>Cancels the call if it goes on, and lets go of everything.</summary>
    public ValueTask DisposeAsync()
    {
        if (!IsOver)
        {
            Abort(CallErrors.Disposed(Method));
        }

        return Volatile.Read(ref _stream)?.DisposeAsync() ?? default;
    }

    /// <summary>Cancels the call with the token, which is what its user then catches.</summary>
    internal CancellationTokenRegistration AbortOn(CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
        static (state, token) => ((ClientCall<TRequest, TResponse>)state!).Abort(new OperationCanceledException(token)), this);

    private void AbortWithParent() => Abort(CallErrors.ParentCancelled(_parent!.CancellationReason));

    /// <summary>
    /// What the server is told of an abort. A handler that is cancelled often gives its calls up by itself, by the token that it passed on or by
    /// disposing; which of these comes first is chance, and why they were given up is the same.
    /// </summary>
    private Exception ForPeer(Exception reason)
        => _parent?.CancellationReason is { } cause && reason is OperationCanceledException or ThriftStatusException { EndedByUser: true }
            ? CallErrors.ParentCancelled(cause)
            : reason;

    private void Release()
    {
        _deadlineTimer?.Dispose();
        _receiveTimer?.Dispose();
        _sendTimer?.Dispose();
        _methodCancellation.Unregister();
        _enumerationCancellation.Unregister();
        _parentCancellation.Unregister();
    }

    private void OnDeadline(TimeSpan elapsed, Exception? cause)
    {
        // The time between reading the clock for the deadline and for the timer is none that anybody configured.
        var configured = _start.Options.Timeout is { } timeout && (timeout - _limit).Duration() < TimeSpan.FromMilliseconds(100) ? timeout : _limit;
        var kind = Method.IsStreaming ? ThriftTimeoutKind.Stream : ThriftTimeoutKind.Rpc;
        Abort(new ThriftTimeoutException(kind, configured, elapsed, Method.FullName, cause));
    }
}
