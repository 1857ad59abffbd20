using System.Collections.Concurrent;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Transports;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The context of one call: its clock, its cancellation, and what goes back besides the messages.</summary>
internal sealed class ServerCallContext : ThriftServerContext, IDisposable
{
    private readonly ServerTransportCall _call;
    private readonly CancellationTokenSource _cancellation;
    private readonly ITimer? _deadlineTimer;
    private ConcurrentDictionary<object, object?>? _items;
    private bool _headersSent;

    internal ServerCallContext(ThriftMethod method, ServerTransportCall call, TimeProvider clock)
    {
        Method = method;
        _call = call;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        CancellationToken = _cancellation.Token;
        if (call.Timeout is { } timeout)
        {
            var now = clock.GetUtcNow();
            Deadline = timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue;
            _deadlineTimer = clock.CreateTimer(
                static state => ((ServerCallContext)state!).OnDeadline(),
                this,
                timeout < Longest ? timeout : Longest,
                Timeout.InfiniteTimeSpan);
        }
    }

    public override ThriftMethod Method { get; }

    public override string Transport => _call.Transport;

    public override string Peer => _call.Peer;

    public override string CallerService => _call.CallerService;

    public override ThriftMetadata RequestHeaders => _call.RequestHeaders;

    public override ThriftMetaInfo MetaInfo => _call.MetaInfo;

    public override DateTimeOffset? Deadline { get; }

    public override CancellationToken CancellationToken { get; }

    public override ThriftMetadata ResponseHeaders { get; } = new();

    public override ThriftMetadata ResponseTrailers { get; } = new();

    public override IDictionary<object, object?> Items => LazyInitializer.EnsureInitialized(ref _items);

    /// <summary>Is told what happens to the call; <see langword="null"/> if nobody listens.</summary>
    internal CallObservation? Observation { get; init; }

    /// <summary>Whether the call was cancelled because its deadline passed.</summary>
    internal bool DeadlinePassed { get; private set; }

    internal override Exception? CancelReason => DeadlinePassed ? null : _call.CancelReason;

    internal bool IsAborted => _call.Aborted.IsCancellationRequested;

    private static TimeSpan Longest => TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public override async Task SendHeadersAsync()
    {
        if (_headersSent)
        {
            throw new InvalidOperationException("The response headers were sent.");
        }

        _headersSent = true;
        await _call.SendHeadersAsync(ResponseHeaders).ConfigureAwait(false);
    }

    /// <summary>Cancels what the handler started and left running.</summary>
    internal void End()
    {
        _deadlineTimer?.Dispose();
        _cancellation.Cancel();
    }

    public void Dispose() => _cancellation.Dispose();

    private void OnDeadline()
    {
        DeadlinePassed = true;
        _cancellation.Cancel();
    }
}
