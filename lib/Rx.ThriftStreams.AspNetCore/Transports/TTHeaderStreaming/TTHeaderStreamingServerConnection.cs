using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>A connection on the server: starts a call for each HEADER frame and passes frames to the calls.</summary>
internal sealed partial class TTHeaderStreamingServerConnection : FrameConnection, IDrainedConnection
{
    // What a connection and a stream take beside everything that is counted: pipes, objects, the handler's first await.
    private const int ConnectionMemory = 16 * 1024;
    private const int StreamMemory = 4 * 1024;

    private readonly TTHeaderStreamingHandler _handler;
    private readonly IDuplexPipe _pipe;
    private readonly IConnectionControl _control;
    private readonly ServerConnection _connection;
    private readonly ConnectionLife _life;

    // Streams that their callers have reset and whose handlers have not ended, by id.
    private readonly ConcurrentDictionary<int, ServerFrameStream> _reset = new(ThriftComparer.I32);
    private volatile bool _drained;

    internal TTHeaderStreamingServerConnection(TTHeaderStreamingHandler handler, IDuplexPipe pipe, IConnectionControl control, ServerConnection connection)
        : base(pipe, control, connection.Peer, handler.Limits, handler.Runtime.CreateConnectionMemory(), handler.Runtime.Options.TimeProvider)
    {
        _handler = handler;
        _pipe = pipe;
        _control = control;
        _life = new ConnectionLife(handler.Runtime, control, Memory, ConnectionMemory, this);
        _connection = connection;
    }

    protected override TimeSpan FrameTimeout => Options.Limits.FrameTimeout;

    protected override TimeSpan WriteTimeout => Options.Limits.WriteTimeout;

    private ThriftServerOptions Options => _handler.Runtime.Options;

    /// <summary>The handlers that run, those counted whose streams have ended.</summary>
    internal int RunningCount => Calls.Count;

    private RunningCalls Calls => _life.Calls;

    private ConnectionDrain Drain => _life.Drain;

    internal async Task RunAsync(CancellationToken stopping)
    {
        if (!_life.Begin(this, stopping))
        {
            Close(OutOfMemory());
        }

        await ReadFramesAsync().ConfigureAwait(false);
        await _pipe.Input.CompleteAsync().ConfigureAwait(false);
        await Writer.WhenIdleAsync().ConfigureAwait(false);
        await _pipe.Output.CompleteAsync().ConfigureAwait(false);
        _life.End();
    }

    /// <inheritdoc/>
    public void OnDrain(DrainStage stage)
    {
        switch (stage)
        {
            case DrainStage.Asked:
                AskToLeave();
                break;

            case DrainStage.Ending:
                _ = EndAsync();
                break;

            case DrainStage.CutOff:
                LogCutOff(_handler.Runtime.Logger, Peer, Calls.Count);
                var reason = ServerStop.Reason();
                foreach (var stream in Streams)
                {
                    ((ServerFrameStream)stream).Cancel(reason);
                }

                break;

            case DrainStage.Aborted:
                Close(ShutsDown());
                break;
        }
    }

    protected override void Shut(ThriftException reason)
    {
        LogClosed(_handler.Runtime.Logger, Peer, reason.Message);
        _pipe.Input.CancelPendingRead();
        _pipe.Output.CancelPendingFlush();
        if (_drained)
        {
            _life.BeginClosing();
        }
        else
        {
            // Completing the output would wait for a peer that may not read, and keep its socket and the host alive.
            _control.Abort(reason);
        }
    }

    public override void Sweep()
    {
        if (_life.Sweep())
        {
            base.Sweep();
        }
    }

    protected override void CheckIdle()
    {
        if (_life.IsIdleTooLong)
        {
            Close(Error(TTStreamCodes.TransportClosing, $"the connection was idle for {Options.Limits.ConnectionIdleTimeout}"));
        }
    }

    protected override void OnHeader(in TTHeaderFrame frame)
    {
        var methodName = Encoding.UTF8.GetString(frame.ToMethod);
        if (Calls.Count >= Options.Limits.MaxStreamsPerConnection)
        {
            RefuseExhausted(frame.SequenceId, methodName, $"too many streams: a connection may have {Options.Limits.MaxStreamsPerConnection}");
            return;
        }

        frame.TryGetString(TTHeaderStringKeys.ServiceName, out var serviceBytes);
        var service = Encoding.UTF8.GetString(serviceBytes);
        var router = _handler.Runtime.Router;
        var origin = new CallOrigin(ThriftProtocols.TTHeaderStreaming, _connection.LocalPort);
        var method = router.Find(service, methodName, CallForm.Stream, origin, out var unknown)
            ?? router.FindFallback(unknown, string.Empty, ThriftStreamingMode.Bidirectional, isOneway: false, origin);
        if (method is not null)
        {
            Accept(frame, method);
        }
        else
        {
            router.Report(unknown!, Peer);
            var outcome = new ServerCallOutcome(unknown, ServerFaultOrigin.Framework, RevealDetails: true);
            RefuseCall(frame.SequenceId, methodName, KitexAnswer.Of(outcome, KitexProtocol.Streaming, methodName));
        }
    }

    protected override void OnTrailer(FrameStream stream, in TTHeaderFrame frame) => ((ServerFrameStream)stream).OnTrailer(frame);

    protected override void OnReset(FrameStream stream, in TTHeaderFrame frame)
    {
        var reset = (ServerFrameStream)stream;
        if (Remove(reset))
        {
            // Its handler may still answer, which its caller ignores, until it uses the id again.
            reset.IsReset = true;
            _reset[reset.Id] = reset;
        }

        reset.CancelAfterReceived(ReceivedPairs.ReadReset(frame, isServerSide: true));
        ForgetIfEnded(reset);
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
        // Counted first, looked at the end second. EndAsync does it the other way round: it waits for the call, or the call is refused.
        Calls.Begin();
        if (Drain.IsEnding)
        {
            _life.EndCall();
            RefuseCall(frame.SequenceId, method.Method.Name, ServerStop.Refusal);
            return;
        }

        var headerMemory = StreamMemory + ReceivedPairs.MemoryOf(frame);
        if (!Memory.TryTake(headerMemory))
        {
            _life.EndCall();
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
            if (Drain.IsDraining)
            {
                AskToLeave();
            }
        }

        if (Find(frame.SequenceId) is ServerFrameStream old)
        {
            // The id is the new stream's from here on. The old one has to be cancelled, whether or not its requests had ended: once it is not found by its id,
            // neither a reset nor the loss of the connection reaches it.
            old.IsReplaced = true;
            old.Cancel(Error(TTStreamCodes.UnexpectedHeader, $"stream[{frame.SequenceId}] was opened again before it had ended"));
        }

        if (_reset.TryRemove(frame.SequenceId, out var reset))
        {
            reset.IsReplaced = true;
        }

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
            var services = new CallScope(_handler.Scopes);
            await using (services.ConfigureAwait(false))
            {
                await method.InvokeAsync(call, services).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            LogScopeFailed(_handler.Runtime.Logger, error, method.Method.FullName, Peer);
            await call.FailAsync().ConfigureAwait(false);
        }
        finally
        {
            ForgetIfEnded(stream);
            Memory.Return(stream.HeaderMemory);
            _life.EndCall();
        }
    }

    /// <summary>Called by the reset and by the handler, after the mark that the other one looks for.</summary>
    private void ForgetIfEnded(ServerFrameStream stream)
    {
        Interlocked.MemoryBarrier();
        if (stream is { IsReset: true, HasEnded: true })
        {
            _reset.TryRemove(KeyValuePair.Create(stream.Id, stream));
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

    /// <summary>Peers of this library open no further streams on the connection; others ignore it, and may open some until the connection is closed.</summary>
    private void AskToLeave()
    {
        if (PeerWindow > 0)
        {
            SendMeta(0, string.Empty, TTHeaderStringKeys.ConnectionReadyToReset, 1);
        }
    }

    /// <summary>Closes the connection in order when its calls have ended and their answers are written.</summary>
    private async Task EndAsync()
    {
        await Calls.WhenNoneAsync().ConfigureAwait(false);
        await Writer.WhenIdleAsync().ConfigureAwait(false);
        _drained = true;
        Close(ShutsDown());
    }

    private ThriftException ShutsDown() => Error(TTStreamCodes.TransportClosing, "the server shuts down");

    [LoggerMessage(53, LogLevel.Debug, "The connection of {Peer} is closed: {Reason}", EventName = "StreamingConnectionClosed")]
    private static partial void LogClosed(ILogger logger, string peer, string reason);

    [LoggerMessage(54, LogLevel.Warning, "The connection of {Peer} is cut off: {Count} of its streams, or its last answers, did not end within the shutdown timeout.", EventName = "StreamingConnectionCutOff")]
    private static partial void LogCutOff(ILogger logger, string peer, int count);

    [LoggerMessage(45, LogLevel.Error, "A call of {Method} from {Peer} could not be handled, or what it used could not be disposed of.", EventName = "CallNotHandled")]
    private static partial void LogScopeFailed(ILogger logger, Exception error, string method, string peer);
}
