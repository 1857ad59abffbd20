using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.Streams;

/// <summary>
/// One call on the client, above the transports: its time limits, its cancellation, the order of its sends and its end.
/// Everything that users hold is a thin face of this.
/// </summary>
/// <remarks>
/// Whoever calls <see cref="Abort"/> first decides how the call ends: operations that fail afterwards report that reason, not
/// what the transport made of it.
/// </remarks>
[DebuggerDisplay("{Method.FullName} {Status}")]
internal sealed partial class ClientCall<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ClientCallStart _start;
    private readonly CancellationTokenSource _over = new();
    private readonly long _startedAt;
    private readonly ITimer? _deadlineTimer;
    private readonly CancellationTokenRegistration _methodCancellation;
    private readonly CancellationTokenRegistration _enumerationCancellation;
    private readonly CancellationTokenRegistration _parentCancellation;
    private readonly ThriftServerContext? _parent;

    private ClientTransportStream<TRequest, TResponse>? _stream;
    private Exception? _abortReason;
    private int _ended;
    private Exception? _error;

    /// <param name="method">The method that is called.</param>
    /// <param name="start">What goes with the request.</param>
    /// <param name="parent">The server call within which this call is made and whose end ends it, or <see langword="null"/>.</param>
    /// <param name="methodToken">The token that the method was given; cancelling it ends the call.</param>
    /// <param name="enumerationToken">The token that the enumeration was given; likewise.</param>
    internal ClientCall(
        ThriftMethod method,
        ClientCallStart start,
        ThriftServerContext? parent,
        CancellationToken methodToken,
        CancellationToken enumerationToken)
    {
        Method = method;
        _start = start;
        _startedAt = start.TimeProvider.GetTimestamp();
        if (start.Remaining is { } remaining)
        {
            // Due times are clamped because timers take no more than about 49 days.
            _deadlineTimer = start.TimeProvider.CreateTimer(
                static state => ((ClientCall<TRequest, TResponse>)state!).OnDeadline(),
                this,
                remaining < CallTimers.Longest ? remaining : CallTimers.Longest,
                Timeout.InfiniteTimeSpan);
        }

        _methodCancellation = AbortOn(methodToken);
        _enumerationCancellation = AbortOn(enumerationToken);
        if (parent is not null)
        {
            _parent = parent;
            _parentCancellation = parent.CancellationToken.UnsafeRegister(
                static state => ((ClientCall<TRequest, TResponse>)state!).OnParentCancelled(), this);
        }
    }

    internal ThriftMethod Method { get; }

    /// <summary>Is told the end of the call; <see langword="null"/> if nobody listens.</summary>
    internal CallObservation? Observation { get; init; }

    /// <summary>The status with which the call ended; <see langword="null"/> while it goes on.</summary>
    internal ThriftStatus? Status => Volatile.Read(ref _ended) == 0 ? null : CallErrors.ToStatus(_error);

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
            stream.Abort(reason);
        }
    }

    internal Task<ThriftMetadata> GetHeadersAsync(CancellationToken cancellationToken) => Stream.Headers.WaitAsync(cancellationToken);

    /// <summary>Ends the call at once with that reason, unless it has ended or another reason came first.</summary>
    /// <returns>Whether this was the reason that counts.</returns>
    internal bool Abort(Exception reason)
    {
        if (Volatile.Read(ref _ended) != 0 || Interlocked.CompareExchange(ref _abortReason, reason, null) is not null)
        {
            return false;
        }

        Volatile.Read(ref _stream)?.Abort(reason);
        _ = _over.CancelAsync();
        Observation?.Finish(reason);
        return true;
    }

    /// <summary>What an operation that failed has to report: the reason of the abort if there was one.</summary>
    internal Exception Explain(Exception error) => Volatile.Read(ref _abortReason) ?? error;

    /// <summary>Records the end. Called when the last receive is done, or when creating failed.</summary>
    internal void End(Exception? error)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return;
        }

        _error = error;
        _deadlineTimer?.Dispose();
        _receiveTimer?.Dispose();
        _methodCancellation.Unregister();
        _enumerationCancellation.Unregister();
        _parentCancellation.Unregister();
        _ = _over.CancelAsync();
        Observation?.Finish(error);
    }

    /// <summary>Cancels the call if it goes on, and lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Volatile.Read(ref _ended) == 0)
        {
            Abort(CallErrors.Disposed(Method));
            End(Volatile.Read(ref _abortReason));
        }

        if (_stream is { } stream)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Cancels the call with the token, which is what its user then catches.</summary>
    internal CancellationTokenRegistration AbortOn(CancellationToken cancellationToken) => cancellationToken.UnsafeRegister(
        static (state, token) => ((ClientCall<TRequest, TResponse>)state!).Abort(new OperationCanceledException(token)), this);

    private void OnParentCancelled() => Abort(CallErrors.ParentCancelled(_parent?.CancelReason));

    private void ThrowIfAborted()
    {
        if (Volatile.Read(ref _abortReason) is { } reason)
        {
            ExceptionDispatchInfo.Throw(reason);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OnDeadline()
    {
        var elapsed = _start.TimeProvider.GetElapsedTime(_startedAt);
        var configured = _start.Options.Timeout is { } timeout && timeout != Timeout.InfiniteTimeSpan ? timeout : elapsed;
        var kind = Method.IsStreaming ? ThriftTimeoutKind.Stream : ThriftTimeoutKind.Rpc;
        Abort(new ThriftTimeoutException(kind, configured, elapsed, Method.FullName));
    }
}
