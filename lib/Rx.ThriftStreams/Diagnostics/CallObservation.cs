using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>
/// Observes one call and reports to all listeners: observers, the activity, the meter, the log. Created only if there was a listener when the call began.
/// </summary>
internal sealed partial class CallObservation
{
    private static long s_lastId;

    private readonly EventHub _events;
    private readonly ILogger _logger;
    private readonly ThriftCallSide _side;
    private readonly ThriftMethod _method;
    private readonly string _transport;
    private readonly TimeProvider _clock;
    private readonly long _id = Interlocked.Increment(ref s_lastId);
    private readonly long _startedAt;
    private readonly ThriftTelemetry.SideInstruments _instruments;
    private readonly TagList _tags;

    // At most one send and one receive run at a time, and each direction writes only its own counters, so they need no lock.
    private long _sentMessages;
    private long _sentBytes;
    private long _receivedMessages;
    private long _receivedBytes;
    private string _peer;
    private long _lastResponseAt;
    private Exception? _sendError;
    private int _headersReported;
    private int _finished;

    private CallObservation(
        EventHub events,
        ILogger logger,
        ThriftCallSide side,
        ThriftMethod method,
        string transport,
        string peer,
        TimeProvider clock,
        ActivityContext parent)
    {
        _events = events;
        _logger = logger;
        _side = side;
        _method = method;
        _transport = transport;
        _peer = peer;
        _clock = clock;
        _startedAt = clock.GetTimestamp();
        _instruments = InstrumentsOf(side);
        Activity = CallTags.StartActivity(side, method, transport, parent);
        _tags = CallTags.Of(method);
        _instruments.Active.Add(1, _tags);
        LogStart(logger, side, method.FullName, transport, _id);
        Report(new() { Kind = ThriftStreamEventKind.RpcStart });
    }

    /// <summary>The call's activity; <see langword="null"/> if the activity source has no listener.</summary>
    internal Activity? Activity { get; }

    /// <summary>Whether the last event was passed to observers. Owned by <see cref="EventHub"/>, under its gate.</summary>
    internal bool FinishPublished { get; set; }

    /// <summary>Whether there are listeners, so that a call that begins now is observed.</summary>
    internal static bool IsWanted(EventHub events, ILogger logger, ThriftCallSide side)
        => events.HasObservers || ThriftTelemetry.Activities.HasListeners() || InstrumentsOf(side).Enabled || logger.IsEnabled(LogLevel.Debug);

    /// <summary>Begins to observe a call.</summary>
    /// <param name="events">The observers.</param>
    /// <param name="logger">The log; calls are logged at Debug, messages at Trace.</param>
    /// <param name="side">This side.</param>
    /// <param name="method">The method.</param>
    /// <param name="transport">The transport's name.</param>
    /// <param name="peer">The peer's address; empty if it is not known yet.</param>
    /// <param name="clock">Measures durations.</param>
    /// <param name="remoteHeaders">On a server, the request headers, which may hold the caller's trace context.</param>
    internal static CallObservation Start(
        EventHub events,
        ILogger logger,
        ThriftCallSide side,
        ThriftMethod method,
        string transport,
        string peer,
        TimeProvider clock,
        ThriftMetadata? remoteHeaders = null)
    {
        // A traced activity of the host is the closer parent: its own parent is the caller's.
        var parent = remoteHeaders is null || Activity.Current?.Source.HasListeners() == true ? default : TraceContext.Extract(remoteHeaders);
        return new(events, logger, side, method, transport, peer, clock, parent);
    }

    /// <summary>The stream was created.</summary>
    internal void Connected(string peer) => Volatile.Write(ref _peer, peer);

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
        (_side == ThriftCallSide.Client ? _instruments.RequestSize : _instruments.ResponseSize).Record(size, _tags);
        if (_side == ThriftCallSide.Server)
        {
            MeasureResponse();
        }

        LogSent(_logger, _side, _method.FullName, size, _id);
        Report(new() { Kind = ThriftStreamEventKind.StreamSend, Size = size });
    }

    /// <summary>A send begins that waits, for the peer's window or for room in the transport.</summary>
    /// <returns>When; for <see cref="SendWaited"/>.</returns>
    internal long SendWaits() => _instruments.SendWait.Enabled ? _clock.GetTimestamp() : 0;

    /// <summary>The transport accepted the message whose send began to wait then.</summary>
    internal void SendWaited(long since)
    {
        if (since != 0)
        {
            _instruments.SendWait.Record(_clock.GetElapsedTime(since).TotalSeconds, _tags);
        }
    }

    internal void SendFailed(Exception error)
    {
        Volatile.Write(ref _sendError, error);
        Report(new() { Kind = ThriftStreamEventKind.StreamSend, Error = error });
    }

    internal void Received(int size)
    {
        Volatile.Write(ref _receivedMessages, _receivedMessages + 1);
        Volatile.Write(ref _receivedBytes, _receivedBytes + size);
        (_side == ThriftCallSide.Client ? _instruments.ResponseSize : _instruments.RequestSize).Record(size, _tags);
        if (_side == ThriftCallSide.Client)
        {
            MeasureResponse();
        }

        LogReceived(_logger, _side, _method.FullName, size, _id);
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
        var elapsed = _clock.GetElapsedTime(_startedAt);
        var isError = CallTags.IsError(_side, status, last.Failed);
        var tags = CallTags.OfEnd(_tags, _side, _peer, status, error, isError);
        _instruments.Active.Add(-1, _tags);
        _instruments.Duration.Record(elapsed.TotalSeconds, tags);
        var client = _side == ThriftCallSide.Client;
        _instruments.Requests.Record(client ? _sentMessages : _receivedMessages, tags);
        _instruments.Responses.Record(client ? _receivedMessages : _sentMessages, tags);
        if (last.Failed)
        {
            LogFailure(_logger, error, _side, _method.FullName, _peer, elapsed.TotalMilliseconds, status, _sentMessages, _receivedMessages, _id);
        }
        else
        {
            LogFinish(_logger, _side, _method.FullName, _peer, elapsed.TotalMilliseconds, status, _sentMessages, _receivedMessages, _id);
        }

        if (Activity is { } activity)
        {
            CallTags.Stop(activity, tags, status, isError, _side, _peer, _sentMessages, _receivedMessages);
        }

        Report(last);
    }

    /// <summary>Measures the time to the first response and the gaps between responses. Called by one thread at a time.</summary>
    private void MeasureResponse()
    {
        if (_lastResponseAt == 0 ? !_instruments.FirstResponse.Enabled && !_instruments.ResponseGap.Enabled : !_instruments.ResponseGap.Enabled)
        {
            return;
        }

        var now = _clock.GetTimestamp();
        if (_lastResponseAt == 0)
        {
            _instruments.FirstResponse.Record(_clock.GetElapsedTime(_startedAt, now).TotalSeconds, _tags);
        }
        else
        {
            _instruments.ResponseGap.Record(_clock.GetElapsedTime(_lastResponseAt, now).TotalSeconds, _tags);
        }

        _lastResponseAt = now;
    }

    private static ThriftTelemetry.SideInstruments InstrumentsOf(ThriftCallSide side) => side == ThriftCallSide.Client ? ThriftTelemetry.Client : ThriftTelemetry.Server;

    private void Report(in ThriftStreamEvent what)
    {
        if (_events.HasObservers)
        {
            _events.Publish(this, what with
            {
                Side = _side,
                CallId = _id,
                Method = _method,
                Transport = _transport,
                Peer = Volatile.Read(ref _peer),
                SentMessages = Volatile.Read(ref _sentMessages),
                SentBytes = Volatile.Read(ref _sentBytes),
                ReceivedMessages = Volatile.Read(ref _receivedMessages),
                ReceivedBytes = Volatile.Read(ref _receivedBytes),
                Elapsed = _clock.GetElapsedTime(_startedAt),
            });
        }
    }

    [LoggerMessage(20, LogLevel.Debug, "{Side} call of {Method} over {Transport} began: call {CallId}.")]
    private static partial void LogStart(ILogger logger, ThriftCallSide side, string method, string transport, long callId);

    [LoggerMessage(21, LogLevel.Debug, "{Side} call of {Method}, peer {Peer}, ended after {ElapsedMs} ms with status {Status}: {Sent} messages sent, {Received} received, call {CallId}.")]
    private static partial void LogFinish(
        ILogger logger, ThriftCallSide side, string method, string peer, double elapsedMs, ThriftStatus status, long sent, long received, long callId);

    [LoggerMessage(25, LogLevel.Debug, "{Side} call of {Method}, peer {Peer}, failed after {ElapsedMs} ms with status {Status}: {Sent} messages sent, {Received} received, call {CallId}.")]
    private static partial void LogFailure(
        ILogger logger, Exception? error, ThriftCallSide side, string method, string peer, double elapsedMs, ThriftStatus status, long sent, long received, long callId);

    [LoggerMessage(22, LogLevel.Trace, "{Side} call of {Method} sent a message of {Size} bytes, call {CallId}.")]
    private static partial void LogSent(ILogger logger, ThriftCallSide side, string method, int size, long callId);

    [LoggerMessage(23, LogLevel.Trace, "{Side} call of {Method} received a message of {Size} bytes, call {CallId}.")]
    private static partial void LogReceived(ILogger logger, ThriftCallSide side, string method, int size, long callId);
}
