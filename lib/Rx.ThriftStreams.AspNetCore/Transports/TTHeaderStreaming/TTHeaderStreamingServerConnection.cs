using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>A connection on the server: makes calls of HEADER frames and gives frames to them.</summary>
internal sealed partial class TTHeaderStreamingServerConnection : FrameConnection
{
    private readonly TTHeaderStreamingHandler _handler;
    private readonly IDuplexPipe _pipe;
    private readonly TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private volatile bool _stopping;
    private long _partialSince;

    internal TTHeaderStreamingServerConnection(TTHeaderStreamingHandler handler, IDuplexPipe pipe, string peer)
        : base(pipe, peer, handler.Limits)
    {
        _handler = handler;
        _pipe = pipe;
    }

    internal async Task RunAsync(CancellationToken stopping)
    {
        var clock = _handler.Runtime.Options.TimeProvider;
        var limit = _handler.Runtime.Options.Limits.FrameTimeout;
        var isLimited = limit > TimeSpan.Zero;
        using var watch = isLimited
            ? clock.CreateTimer(static state => ((TTHeaderStreamingServerConnection)state!).CheckPartialFrame(), this, limit / 2, limit / 2)
            : null;
        using (stopping.UnsafeRegister(static state => _ = ((TTHeaderStreamingServerConnection)state!).StopAsync(), this))
        {
            await ReadFramesAsync().ConfigureAwait(false);
        }

        await _pipe.Input.CompleteAsync().ConfigureAwait(false);
        await Writer.WhenIdleAsync().ConfigureAwait(false);
        await _pipe.Output.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>A call has ended on this side.</summary>
    internal void OnHandlerEnded()
    {
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

        if (Volatile.Read(ref _running) >= _handler.Runtime.Options.Limits.MaxStreamsPerConnection)
        {
            RefuseCall(
                frame.SequenceId,
                methodName,
                new(
                    (int)ApplicationErrorType.InternalError,
                    $"too many streams: a connection may have {_handler.Runtime.Options.Limits.MaxStreamsPerConnection}",
                    ThriftStatusCode.ResourceExhausted));
            return;
        }

        frame.TryGetString(TTHeaderStringKeys.ServiceName, out var serviceBytes);
        var service = Encoding.UTF8.GetString(serviceBytes);
        if (_handler.Runtime.Router.Find(service, methodName, CallForm.Stream, out var unknown) is { } method)
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
        ((ServerFrameStream)stream).Cancel(ReceivedPairs.ReadReset(frame, isServerSide: true));
    }

    protected override void Refuse(FrameStream stream, ThriftStatusException reason) => ((ServerFrameStream)stream).Cancel(reason);

    protected override void OnConnectionLost(FrameStream stream, ThriftException error)
        => ((ServerFrameStream)stream).Cancel(StreamErrors.Create(TTStreamCodes.ConnectionLost, error.Kitex?.Text ?? error.Message, isServerSide: true, innerException: error));

    protected override ThriftException Error(int code, string text, Exception? cause = null)
        => StreamErrors.Create(code, text, isServerSide: true, innerException: cause);

    protected override void OnProgress(bool isPartial, bool tookFrames)
    {
        if (!isPartial)
        {
            Volatile.Write(ref _partialSince, 0);
        }
        else if (tookFrames || _partialSince == 0)
        {
            Volatile.Write(ref _partialSince, Math.Max(1, _handler.Runtime.Options.TimeProvider.GetTimestamp()));
        }
    }

    private void Accept(in TTHeaderFrame frame, ServerMethod method)
    {
        var window = 0;
        if (Limits.OfferFlowControl
            && frame.TryGetString(FlowControlKeys.Window, out var text)
            && FlowControlKeys.TryParse(text, out window)
            && PeerWindow == 0)
        {
            // Once a connection: it counts for all of its streams.
            PeerWindow = window;
            SendMeta(frame.SequenceId, method.Method.Name, FlowControlKeys.Window, Limits.StreamBytes);
        }

        if (Find(frame.SequenceId) is ServerFrameStream { HasInputEnded: false } old)
        {
            // The id is the new stream's from here on; nobody could feed the old one any more.
            old.Cancel(Error(TTStreamCodes.UnexpectedHeader, $"stream[{frame.SequenceId}] was opened again before its requests had ended"));
        }

        Interlocked.Increment(ref _running);
        var stream = new ServerFrameStream(this, frame.SequenceId, _handler.TemplatesOf(method.Method), window);
        var call = new TTHeaderServerCall(stream, method.Method.ServiceName, frame);
        TryAdd(stream);
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Self.HandleAsync(work.Method, work.Call),
            (Self: this, Method: method, Call: call),
            preferLocal: false);
    }

    private async Task HandleAsync(ServerMethod method, TTHeaderServerCall call)
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
            OnHandlerEnded();
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

    private async Task StopAsync()
    {
        _stopping = true;
        if (Volatile.Read(ref _running) > 0)
        {
            var options = _handler.Runtime.Options;
            try
            {
                await _free.Task.WaitAsync(options.ShutdownTimeout, options.TimeProvider).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                LogCutOff(_handler.Runtime.Logger, Peer, Volatile.Read(ref _running));
            }
        }

        if (Volatile.Read(ref _running) == 0)
        {
            await Writer.WhenIdleAsync().ConfigureAwait(false);
        }

        Close(Error(TTStreamCodes.TransportClosing, "the server shuts down"));
    }

    private void CheckPartialFrame()
    {
        var options = _handler.Runtime.Options;
        var since = Volatile.Read(ref _partialSince);
        if (since != 0 && options.TimeProvider.GetElapsedTime(since) >= options.Limits.FrameTimeout)
        {
            Close(Error(TTStreamCodes.IllegalFrame, $"a frame did not come to its end within {options.Limits.FrameTimeout}"));
        }
    }

    [LoggerMessage(20, LogLevel.Debug, "The connection of {Peer} is closed: {Reason}")]
    private static partial void LogClosed(ILogger logger, string peer, string reason);

    [LoggerMessage(21, LogLevel.Warning, "The connection of {Peer} is closed while {Count} of its streams run: they did not end within the shutdown timeout.")]
    private static partial void LogCutOff(ILogger logger, string peer, int count);

    [LoggerMessage(22, LogLevel.Error, "A call of {Method} from {Peer} could not be handled, or what it used could not be disposed of.")]
    private static partial void LogScopeFailed(ILogger logger, Exception error, string method, string peer);
}
