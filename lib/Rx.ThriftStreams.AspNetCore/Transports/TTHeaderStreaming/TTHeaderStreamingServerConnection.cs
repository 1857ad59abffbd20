using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>A connection on the server: starts a call for each HEADER frame and hands frames to the calls.</summary>
internal sealed partial class TTHeaderStreamingServerConnection : FrameConnection
{
    // What a connection and a stream take beside everything that is counted: pipes, objects, the handler's first await.
    private const int ConnectionMemory = 16 * 1024;
    private const int StreamMemory = 4 * 1024;

    // What is written may still be on its way to the socket when a connection ends in order.
    private static readonly TimeSpan LimitWhenClosing = TimeSpan.FromSeconds(2);

    private readonly TTHeaderStreamingHandler _handler;
    private readonly IDuplexPipe _pipe;
    private readonly IConnectionControl _control;
    private readonly ServerConnection _connection;
    private readonly TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private long _idleSince;
    private long _closingSince;
    private volatile bool _stopping;
    private volatile bool _drained;

    internal TTHeaderStreamingServerConnection(TTHeaderStreamingHandler handler, IDuplexPipe pipe, IConnectionControl control, ServerConnection connection)
        : base(pipe, control, connection.Peer, handler.Limits, handler.Runtime.CreateConnectionMemory(), handler.Runtime.Options.TimeProvider)
    {
        _handler = handler;
        _pipe = pipe;
        _control = control;
        _connection = connection;
        _idleSince = Clock.GetTimestamp();
    }

    protected override TimeSpan FrameTimeout => Options.Limits.FrameTimeout;

    protected override TimeSpan WriteTimeout => Options.Limits.WriteTimeout;

    private ThriftServerOptions Options => _handler.Runtime.Options;

    private TimeProvider Clock => Options.TimeProvider;

    internal async Task RunAsync(CancellationToken stopping)
    {
        Memory.Take(ConnectionMemory);
        if (Memory.IsParentOver)
        {
            Close(OutOfMemory());
        }

        _handler.Runtime.Sweep.Add(this);
        using (stopping.UnsafeRegister(static state => _ = ((TTHeaderStreamingServerConnection)state!).StopAsync(), this))
        {
            await ReadFramesAsync().ConfigureAwait(false);
        }

        await _pipe.Input.CompleteAsync().ConfigureAwait(false);
        await Writer.WhenIdleAsync().ConfigureAwait(false);
        await _pipe.Output.CompleteAsync().ConfigureAwait(false);
        Memory.Return(ConnectionMemory);
        Memory.Close();
        if (!_drained)
        {
            _handler.Runtime.Sweep.Remove(this);
        }
    }

    /// <summary>A call has ended on this side.</summary>
    private void OnHandlerEnded(ServerFrameStream stream)
    {
        Memory.Return(stream.HeaderMemory);
        Volatile.Write(ref _idleSince, Clock.GetTimestamp());
        if (Interlocked.Decrement(ref _running) == 0 && _stopping)
        {
            _free.TrySetResult();
        }
    }

    protected override void Shut(ThriftException reason)
    {
        LogClosed(_handler.Runtime.Logger, Peer, reason.Message);
        _pipe.Input.CancelPendingRead();
        _pipe.Output.CancelPendingFlush();
        if (_drained)
        {
            // Everything is written, though perhaps not sent. The sweep cuts the connection off if the peer does not take it.
            Volatile.Write(ref _closingSince, Math.Max(1, Clock.GetTimestamp()));
        }
        else
        {
            // Completing the output would wait for a peer that may not read, and keep its socket and the host alive.
            _control.Abort(reason);
        }
    }

    public override void Sweep()
    {
        base.Sweep();
        if (Volatile.Read(ref _closingSince) is var since and not 0 && Clock.GetElapsedTime(since) >= LimitWhenClosing)
        {
            _handler.Runtime.Sweep.Remove(this);
            _control.Abort(Error(TTStreamCodes.TransportClosing, "the peer did not take the end of the connection"));
        }
    }

    protected override void CheckIdle()
    {
        var limit = Options.Limits.ConnectionIdleTimeout;
        if (limit > TimeSpan.Zero && Volatile.Read(ref _running) == 0 && Clock.GetElapsedTime(Volatile.Read(ref _idleSince)) >= limit)
        {
            Close(Error(TTStreamCodes.TransportClosing, $"the connection was idle for {limit}"));
        }
    }

    protected override void OnHeader(in TTHeaderFrame frame)
    {
        var methodName = Encoding.UTF8.GetString(frame.ToMethod);
        if (_stopping)
        {
            RefuseCall(
                frame.SequenceId, methodName, new(TTStreamCodes.TransportClosing, "transport is closing: the server shuts down", ThriftStatusCode.Unavailable));
            return;
        }

        if (Volatile.Read(ref _running) >= Options.Limits.MaxStreamsPerConnection)
        {
            RefuseExhausted(frame.SequenceId, methodName, $"too many streams: a connection may have {Options.Limits.MaxStreamsPerConnection}");
            return;
        }

        frame.TryGetString(TTHeaderStringKeys.ServiceName, out var serviceBytes);
        var service = Encoding.UTF8.GetString(serviceBytes);
        if (_handler.Runtime.Router.Find(service, methodName, CallForm.Stream, new(ThriftProtocols.TTHeaderStreaming, _connection.LocalPort), out var unknown) is { } method)
        {
            Accept(frame, method);
        }
        else
        {
            var outcome = new ServerCallOutcome(unknown, ServerFaultOrigin.Framework, RevealDetails: true);
            RefuseCall(frame.SequenceId, methodName, KitexAnswer.Of(outcome, KitexProtocol.Streaming, methodName));
        }
    }

    protected override void OnTrailer(FrameStream stream, in TTHeaderFrame frame) => ((ServerFrameStream)stream).OnTrailer(frame);

    protected override void OnReset(FrameStream stream, in TTHeaderFrame frame)
    {
        Remove(stream);
        ((ServerFrameStream)stream).CancelAfterReceived(ReceivedPairs.ReadReset(frame, isServerSide: true));
    }

    protected override void Refuse(FrameStream stream, ThriftStatusException reason) => ((ServerFrameStream)stream).CancelAfterReceived(reason);

    protected override void GiveUp(FrameStream stream, ThriftStatusException reason) => ((ServerFrameStream)stream).Cancel(reason);

    protected override void OnConnectionLost(FrameStream stream, ThriftException error) => ((ServerFrameStream)stream).Cancel(error);

    protected override ThriftException LossOf(ThriftException error)
        => StreamErrors.Create(TTStreamCodes.ConnectionLost, error.Kitex?.Text ?? error.Message, isServerSide: true, innerException: error);

    protected override ThriftException Error(int code, string text, Exception? cause = null)
        => StreamErrors.Create(code, text, isServerSide: true, innerException: cause);

    private void Accept(in TTHeaderFrame frame, ServerMethod method)
    {
        var headerMemory = StreamMemory + ReceivedPairs.MemoryOf(frame);
        if (!Memory.TryTake(headerMemory))
        {
            RefuseExhausted(
                frame.SequenceId,
                method.Method.Name,
                "no memory for another stream: the messages and headers of this connection, or of all, take what they may");
            return;
        }

        var peerWindow = 0;
        if (Limits.OfferFlowControl
            && frame.TryGetString(FlowControlKeys.Window, out var text)
            && FlowControlKeys.TryParse(text, out peerWindow)
            && PeerWindow == 0)
        {
            // Once a connection: it holds for all of its streams.
            PeerWindow = peerWindow;
            SendMeta(frame.SequenceId, method.Method.Name, FlowControlKeys.Window, Limits.FirstWindow);
        }

        if (Find(frame.SequenceId) is ServerFrameStream old)
        {
            // The id is the new stream's from here on. The old one has to be cancelled, whether or not its requests had ended: once it is not found by its id,
            // neither a reset nor the loss of the connection reaches it.
            old.Cancel(Error(TTStreamCodes.UnexpectedHeader, $"stream[{frame.SequenceId}] was opened again before it had ended"));
        }

        Interlocked.Increment(ref _running);
        var stream = new ServerFrameStream(this, frame.SequenceId, _handler.TemplatesOf(method.Method), peerWindow) { HeaderMemory = headerMemory };
        var call = new TTHeaderServerCall(stream, _connection, method.Method.ServiceName, frame);
        TryAdd(stream);
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Self.HandleAsync(work.Method, work.Call, work.Stream),
            (Self: this, Method: method, Call: call, Stream: stream),
            preferLocal: false);
    }

    private async Task HandleAsync(ServerMethod method, TTHeaderServerCall call, ServerFrameStream stream)
    {
        try
        {
            var scope = _handler.Scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                await method.InvokeAsync(call, scope.ServiceProvider).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            LogScopeFailed(_handler.Runtime.Logger, error, method.Method.FullName, Peer);
            await call.FailAsync().ConfigureAwait(false);
        }
        finally
        {
            OnHandlerEnded(stream);
        }
    }

    /// <summary>Answers a HEADER for which there is no handler. Kitex says nothing in some of these cases, and its client waits.</summary>
    private void RefuseCall(int streamId, string method, in KitexAnswer answer)
    {
        var buffer = FrameBuffer.Rent();
        try
        {
            buffer.Begin(TTHeaderFrameType.Header, streamId, method);
            buffer.End();
            answer.WriteTrailer(buffer, streamId, method, ThriftMetadata.Empty);
            Writer.AppendControl(buffer.Bytes.WrittenSpan);
        }
        finally
        {
            buffer.Return();
        }
    }

    private void RefuseExhausted(int streamId, string method, string text)
        => RefuseCall(streamId, method, new((int)ApplicationErrorType.InternalError, text, ThriftStatusCode.ResourceExhausted));

    private async Task StopAsync()
    {
        _stopping = true;
        try
        {
            // Also limits how long the last answers may take to be written: a peer that does not read must not delay the host.
            await DrainAsync().WaitAsync(Options.ShutdownTimeout, Clock).ConfigureAwait(false);
            _drained = true;
        }
        catch (TimeoutException)
        {
            LogCutOff(_handler.Runtime.Logger, Peer, Volatile.Read(ref _running));
        }

        Close(Error(TTStreamCodes.TransportClosing, "the server shuts down"));
    }

    private async Task DrainAsync()
    {
        // The flag is set before the count is read, and the last handler reads the flag after it has counted itself off: one of them completes the task.
        if (Volatile.Read(ref _running) > 0)
        {
            await _free.Task.ConfigureAwait(false);
        }

        await Writer.WhenIdleAsync().ConfigureAwait(false);
    }

    [LoggerMessage(20, LogLevel.Debug, "The connection of {Peer} is closed: {Reason}")]
    private static partial void LogClosed(ILogger logger, string peer, string reason);

    [LoggerMessage(21, LogLevel.Warning, "The connection of {Peer} is closed while {Count} of its streams run, or while its last answers wait: they did not end within the shutdown timeout.")]
    private static partial void LogCutOff(ILogger logger, string peer, int count);

    [LoggerMessage(22, LogLevel.Error, "A call of {Method} from {Peer} could not be handled, or what it used could not be disposed of.")]
    private static partial void LogScopeFailed(ILogger logger, Exception error, string method, string peer);
}
