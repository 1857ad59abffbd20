using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Observes one call and reports to all listeners: observers, the activity, the meter, the log. Created only if there was a listener when the call began.
/// </summary>
internal sealed partial class CallObservation : IDropListener
{
    /// <summary>The events of pauses that a call's activity may have: it keeps them in memory until the call ends.</summary>
    internal const int MaxPauseEvents = 20;

    private const int PausedId = 27;
    private const int ResumedId = 28;
    private const int DroppedId = 29;

    private static long s_lastId;

    private readonly CallWatch _watch;
    private readonly string _transport;
    private readonly long _id = Interlocked.Increment(ref s_lastId);
    private readonly long _startedAt;
    private readonly TagList _tags;

    // At most one send and one receive run at a time, and each direction writes only its own counters, so they need no lock.
    private long _sentMessages;
    private long _sentBytes;
    private long _receivedMessages;
    private long _receivedBytes;
    private long _droppedMessages;
    private string _peer;
    private long _lastResponseAt;
    private Exception? _sendError;
    private int _headersReported;
    private int _finished;
    private IReceiveQueue? _queue;
    private Stall _sending;
    private Stall _consuming;
    private CallInterval _interval;

    // Used only by the watch.
    private int _pauseEvents;

    internal CallObservation(CallWatch watch, ThriftMethod method, string transport, string peer, ActivityContext parent)
    {
        _watch = watch;
        Method = method;
        _transport = transport;
        _peer = peer;
        _startedAt = watch.Clock.GetTimestamp();
        Activity = CallTags.StartActivity(Side, method, transport, parent);
        _interval = new(_startedAt);
        _tags = CallTags.Of(method);
        Instruments.Active.Add(1, _tags);
        LogStart(Logger, Side, method.FullName, transport, _id);
        Report(new() { Kind = ThriftStreamEventKind.RpcStart });
    }

    internal ThriftMethod Method { get; }

    /// <summary>The neighbours in the list of <see cref="CallWatch"/>, under its lock.</summary>
    internal CallObservation? Next { get; set; }

    /// <inheritdoc cref="Next"/>
    internal CallObservation? Previous { get; set; }

    /// <summary>Whether a message waits to be taken by the peer.</summary>
    internal bool IsSendWaiting => _sending.Stands;

    /// <summary>The bytes that were received and not taken by the application.</summary>
    internal long QueuedBytes => Volatile.Read(ref _queue)?.QueuedBytes ?? 0;

    /// <summary>The call's activity; <see langword="null"/> if the activity source has no listener.</summary>
    internal Activity? Activity { get; }

    /// <summary>Whether the last event was passed to observers. Owned by <see cref="EventHub"/>, under its gate.</summary>
    internal bool FinishPublished { get; set; }

    private ThriftCallSide Side => _watch.Side;

    private ILogger Logger => _watch.Logger;

    private ThriftTelemetry.SideInstruments Instruments => _watch.Instruments;

    /// <summary>The stream was created.</summary>
    /// <param name="peer">Its peer.</param>
    /// <param name="queue">What it has received.</param>
    internal void Connected(string peer, IReceiveQueue queue)
    {
        Volatile.Write(ref _peer, peer);
        Volatile.Write(ref _queue, queue);
    }

    /// <summary>The stream of a call that has a peer from the start.</summary>
    internal void Connected(IReceiveQueue queue) => Volatile.Write(ref _queue, queue);

    /// <summary>The stream could not be created on that endpoint.</summary>
    internal void Tried(string endpoint) => Volatile.Write(ref _peer, endpoint);

    internal void HeadersReceived(ThriftMetadata headers)
    {
        if (Interlocked.Exchange(ref _headersReported, 1) == 0)
        {
            Report(new() { Kind = ThriftStreamEventKind.HeadersReceived, Headers = headers });
        }
    }

    internal void Sent(int size)
    {
        Volatile.Write(ref _sentMessages, _sentMessages + 1);
        Volatile.Write(ref _sentBytes, _sentBytes + size);
        (Side == ThriftCallSide.Client ? Instruments.RequestSize : Instruments.ResponseSize).Record(size, _tags);
        if (Side == ThriftCallSide.Server)
        {
            MeasureResponse();
        }

        LogSent(Logger, Side, Method.FullName, size, _id);
        Report(new() { Kind = ThriftStreamEventKind.StreamSend, Size = size });
    }

    /// <summary>A send begins that waits, for the peer's window or for room in the transport.</summary>
    /// <returns>When; for <see cref="SendWaited"/>.</returns>
    internal long SendWaits()
    {
        _sending.Stand();
        return Instruments.SendWait.Enabled ? _watch.Clock.GetTimestamp() : 0;
    }

    /// <summary>The transport accepted the message whose send began to wait then.</summary>
    internal void SendWaited(long since)
    {
        if (_sending.Move())
        {
            ReportResumed(ThriftStreamEventKind.SendResumed);
        }

        if (since != 0)
        {
            Instruments.SendWait.Record(_watch.Clock.GetElapsedTime(since).TotalSeconds, _tags);
        }
    }

    internal void SendFailed(Exception error)
    {
        _sending.Move();
        Volatile.Write(ref _sendError, error);
        Report(new() { Kind = ThriftStreamEventKind.StreamSend, Error = error });
    }

    /// <summary>The application asks for the next message.</summary>
    internal void Receives()
    {
        if (_consuming.Move())
        {
            ReportResumed(ThriftStreamEventKind.ReceiveResumed);
        }
    }

    /// <summary>The buffer between an observable and this call has dropped messages.</summary>
    /// <param name="total">How many so far.</param>
    /// <param name="isFirst">Whether an episode begins.</param>
    public void Dropped(long total, bool isFirst)
    {
        Volatile.Write(ref _droppedMessages, total);
        if (isFirst)
        {
            if (_watch.Entries.TryTake(DroppedId, LogLevel.Information))
            {
                LogDropped(Logger, Side, Method.FullName, total, Volatile.Read(ref _peer), _id);
            }

            Report(new() { Kind = ThriftStreamEventKind.MessagesDropped });
        }
    }

    /// <summary>Called by the watch: reports what lasts too long.</summary>
    /// <param name="now">The timestamp.</param>
    internal void Look(long now)
    {
        if (Volatile.Read(ref _finished) != 0)
        {
            return;
        }

        Look(ref _sending, now, isSend: true);
        Look(ref _consuming, now, isSend: false);
        if (Activity is { IsAllDataRequested: true } && _watch.Options.ReportsIntervals && _watch.Clock.GetElapsedTime(_interval.Since, now) >= _watch.Options.SpanInterval)
        {
            _interval = _interval.Report(Activity, Method, _watch.Clock, now, CallTotals(), QueuedBytes);
        }
    }

    internal void Received(int size)
    {
        Volatile.Write(ref _receivedMessages, _receivedMessages + 1);
        Volatile.Write(ref _receivedBytes, _receivedBytes + size);
        (Side == ThriftCallSide.Client ? Instruments.ResponseSize : Instruments.RequestSize).Record(size, _tags);
        if (Side == ThriftCallSide.Client)
        {
            MeasureResponse();
        }

        _consuming.Stand();
        LogReceived(Logger, Side, Method.FullName, size, _id);
        Report(new() { Kind = ThriftStreamEventKind.StreamRecv, Size = size });
    }

    /// <summary>A receive failed. A BizStatusError is the result of a call, not a failed receive.</summary>
    internal void ReceiveFailed(Exception error)
    {
        if (error is not ThriftBizStatusException)
        {
            Report(new() { Kind = ThriftStreamEventKind.StreamRecv, Error = error });
        }
    }

    /// <summary>The call is over. Only the first call of this method has an effect.</summary>
    /// <param name="error">How it ended; <see langword="null"/> for success.</param>
    internal void Finish(Exception? error) => Finish(error, CallErrors.ToStatus(error));

    /// <summary>The same for a call on the server.</summary>
    internal void Finish(in ServerCallOutcome outcome) => Finish(outcome.Error, outcome.Status);

    private void Finish(Exception? error, ThriftStatus status)
    {
        if (Interlocked.Exchange(ref _finished, 1) != 0)
        {
            return;
        }

        // A user who gives up after a failed send has ended the call because of that failure.
        if (error is ThriftStatusException { EndedByUser: true } && Volatile.Read(ref _sendError) is { } sendError)
        {
            error = sendError;
            status = CallErrors.ToStatus(error);
        }

        if (error is ThriftStatusException { EndedByUser: true })
        {
            error = null;
        }

        var last = new ThriftStreamEvent { Kind = ThriftStreamEventKind.RpcFinish, Status = status, Error = error };
        var elapsed = _watch.Clock.GetElapsedTime(_startedAt);
        var isError = CallTags.IsError(Side, status, last.Failed);
        var tags = CallTags.OfEnd(_tags, Side, _peer, status, error, isError);
        _watch.Remove(this);
        Instruments.Active.Add(-1, _tags);
        Instruments.Duration.Record(elapsed.TotalSeconds, tags);
        var client = Side == ThriftCallSide.Client;
        Instruments.Requests.Record(client ? _sentMessages : _receivedMessages, tags);
        var responses = client ? _receivedMessages : _sentMessages;
        Instruments.Responses.Record(responses, tags);
        if (responses == 0 && CallTags.IsWaitInVain(Method, status.Code, error) && Instruments.FirstResponse.Enabled)
        {
            Instruments.FirstResponse.Record(elapsed.TotalSeconds, _tags);
        }

        if (last.Failed)
        {
            LogFailure(Logger, error, Side, Method.FullName, _peer, elapsed.TotalMilliseconds, status, _sentMessages, _receivedMessages, _id);
        }
        else
        {
            LogFinish(Logger, Side, Method.FullName, _peer, elapsed.TotalMilliseconds, status, _sentMessages, _receivedMessages, _id);
        }

        if (Activity is { } activity)
        {
            CallTags.Stop(activity, tags, status, isError, Side, _peer, _sentMessages, _receivedMessages);
        }

        Report(last);
    }

    /// <summary>Measures the time to the first response and the gaps between responses. Called by one thread at a time.</summary>
    private void MeasureResponse()
    {
        if (_lastResponseAt == 0 ? !Instruments.FirstResponse.Enabled && !Instruments.ResponseGap.Enabled : !Instruments.ResponseGap.Enabled)
        {
            return;
        }

        var now = _watch.Clock.GetTimestamp();
        if (_lastResponseAt == 0)
        {
            Instruments.FirstResponse.Record(_watch.Clock.GetElapsedTime(_startedAt, now).TotalSeconds, _tags);
        }
        else
        {
            Instruments.ResponseGap.Record(_watch.Clock.GetElapsedTime(_lastResponseAt, now).TotalSeconds, _tags);
        }

        _lastResponseAt = now;
    }

    private void Look(ref Stall direction, long now, bool isSend)
    {
        if (direction.IsOver())
        {
            ReportResumed(isSend ? ThriftStreamEventKind.SendResumed : ThriftStreamEventKind.ReceiveResumed);
        }

        // A consumer that has nothing to take is not slow.
        if (!direction.IsLong(_watch.Options.PauseThreshold, _watch.Clock, now) || (!isSend && QueuedBytes == 0))
        {
            return;
        }

        (isSend ? Instruments.SendPauses : Instruments.ReceivePauses).Add(1, _tags);
        if (_watch.Entries.TryTake(PausedId, LogLevel.Information))
        {
            LogPaused(Logger, isSend ? "Sending" : "Receiving", Side, Method.FullName, Volatile.Read(ref _peer), _id);
        }

        if (Activity is { IsAllDataRequested: true } && _pauseEvents < MaxPauseEvents)
        {
            _pauseEvents++;
            Activity.AddEvent(new(isSend ? "thriftstreams.send.paused" : "thriftstreams.receive.paused", _watch.Clock.GetUtcNow()));
        }

        Report(new() { Kind = isSend ? ThriftStreamEventKind.SendPaused : ThriftStreamEventKind.ReceivePaused });
        direction.SetReported();
        if (direction.IsOver())
        {
            ReportResumed(isSend ? ThriftStreamEventKind.SendResumed : ThriftStreamEventKind.ReceiveResumed);
        }
    }

    private void ReportResumed(ThriftStreamEventKind kind)
    {
        if (_watch.Entries.TryTake(ResumedId, LogLevel.Information))
        {
            LogResumed(Logger, kind == ThriftStreamEventKind.SendResumed ? "Sending" : "Receiving", Side, Method.FullName, Volatile.Read(ref _peer), _id);
        }

        Report(new() { Kind = kind });
    }

    private CallTotals CallTotals() => new(
        Volatile.Read(ref _sentMessages), Volatile.Read(ref _sentBytes), Volatile.Read(ref _receivedMessages), Volatile.Read(ref _receivedBytes), Volatile.Read(ref _droppedMessages));

    private void Report(in ThriftStreamEvent what)
    {
        if (_watch.Events.HasObservers)
        {
            _watch.Events.Publish(this, what with
            {
                Side = Side,
                CallId = _id,
                Method = Method,
                Transport = _transport,
                Peer = Volatile.Read(ref _peer),
                SentMessages = Volatile.Read(ref _sentMessages),
                SentBytes = Volatile.Read(ref _sentBytes),
                ReceivedMessages = Volatile.Read(ref _receivedMessages),
                ReceivedBytes = Volatile.Read(ref _receivedBytes),
                DroppedMessages = Volatile.Read(ref _droppedMessages),
                Elapsed = _watch.Clock.GetElapsedTime(_startedAt),
            });
        }
    }

    [LoggerMessage(20, LogLevel.Debug, "{Side} call of {Method} over {Transport} began: call {CallId}.", EventName = "CallStarted")]
    private static partial void LogStart(ILogger logger, ThriftCallSide side, string method, string transport, long callId);

    [LoggerMessage(21, LogLevel.Debug, "{Side} call of {Method}, peer {Peer}, ended after {ElapsedMs} ms with status {Status}: {Sent} messages sent, {Received} received, call {CallId}.", EventName = "CallEnded")]
    private static partial void LogFinish(
        ILogger logger, ThriftCallSide side, string method, string peer, double elapsedMs, ThriftStatus status, long sent, long received, long callId);

    [LoggerMessage(25, LogLevel.Debug, "{Side} call of {Method}, peer {Peer}, failed after {ElapsedMs} ms with status {Status}: {Sent} messages sent, {Received} received, call {CallId}.", EventName = "CallEndedWithError")]
    private static partial void LogFailure(
        ILogger logger, Exception? error, ThriftCallSide side, string method, string peer, double elapsedMs, ThriftStatus status, long sent, long received, long callId);

    [LoggerMessage(22, LogLevel.Trace, "{Side} call of {Method} sent a message of {Size} bytes, call {CallId}.", EventName = "MessageSent")]
    private static partial void LogSent(ILogger logger, ThriftCallSide side, string method, int size, long callId);

    [LoggerMessage(23, LogLevel.Trace, "{Side} call of {Method} received a message of {Size} bytes, call {CallId}.", EventName = "MessageReceived")]
    private static partial void LogReceived(ILogger logger, ThriftCallSide side, string method, int size, long callId);

    [LoggerMessage(PausedId, LogLevel.Information, "{Direction} of the {Side} call of {Method} is paused: the consumer is slow, peer {Peer}, call {CallId}.", EventName = "FlowPaused")]
    private static partial void LogPaused(ILogger logger, string direction, ThriftCallSide side, string method, string peer, long callId);

    [LoggerMessage(ResumedId, LogLevel.Information, "{Direction} of the {Side} call of {Method} has resumed, peer {Peer}, call {CallId}.", EventName = "FlowResumed")]
    private static partial void LogResumed(ILogger logger, string direction, ThriftCallSide side, string method, string peer, long callId);

    [LoggerMessage(DroppedId, LogLevel.Information, "The buffer before the {Side} call of {Method} drops messages, {Dropped} so far, peer {Peer}, call {CallId}.", EventName = "MessagesDropped")]
    private static partial void LogDropped(ILogger logger, ThriftCallSide side, string method, long dropped, string peer, long callId);
}
