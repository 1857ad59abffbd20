using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Diagnostics;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>
/// A connection on the server. Requests are answered one after the other, in their order, unless their caller takes answers in any order: those run side by
/// side.
/// </summary>
/// <remarks>
/// One loop reads. While it waits for a handler, or for room, it reads nothing, and Kestrel stops reading the socket when its own buffer is full: then no read
/// learns that the peer is gone. The sweep of the server looks at the socket instead, once a second, and checks all time limits.
/// </remarks>
internal sealed partial class PingPongServerConnection : ISweptConnection, IDrainedConnection
{
    private const int ClosedId = 40;

    // What a connection and a call take beside everything that is counted: pipes, objects, the handler's first await.
    private const int ConnectionMemory = 8 * 1024;
    private const int CallMemory = 2 * 1024;

    private readonly ThriftServerRuntime _runtime;
    private readonly PingPongDispatcher _dispatcher;
    private readonly IDuplexPipe _pipe;
    private readonly IConnectionControl _control;
    private readonly PingPongRequestReader _reader;
    private readonly PingPongPeer _peer;
    private readonly PeerMemory _memory;
    private readonly ConnectionLife _life;
    private readonly RequestMemory _requests;
    private volatile Linger? _linger;
    private long _partialSince;
    private bool _lingers;
    private volatile bool _isLate;
    private volatile bool _isIdle;

    internal PingPongServerConnection(
        ThriftServerRuntime runtime,
        PingPongDispatcher dispatcher,
        IDuplexPipe pipe,
        IConnectionControl control,
        ServerConnection connection)
    {
        _runtime = runtime;
        _dispatcher = dispatcher;
        _pipe = pipe;
        _control = control;
        _reader = new PingPongRequestReader(Limits.MaxReceiveMessageSize);
        _memory = runtime.CreateConnectionMemory();
        _life = new ConnectionLife(runtime, control, _memory, ConnectionMemory, this);
        _requests = new RequestMemory(_memory, _life.Calls, runtime);
        _peer = new PingPongPeer(pipe.Output, connection, Limits.Message, _memory, Clock, _life.Drain, StopReading);
    }

    private ThriftServerLimits Limits => _runtime.Options.Limits;

    private TimeProvider Clock => _runtime.Options.TimeProvider;

    private RunningCalls Calls => _life.Calls;

    private ConnectionDrain Drain => _life.Drain;

    /// <summary>Serves the connection. Never fails.</summary>
    /// <param name="aborted">The connection is lost.</param>
    /// <param name="stopping">The server stops.</param>
    internal async Task RunAsync(CancellationToken aborted, CancellationToken stopping)
    {
        var hasMemory = _life.Begin(this, stopping);
        using (aborted.UnsafeRegister(static state => ((PingPongServerConnection)state!)._peer.Abort(), this))
        {
            try
            {
                if (!hasMemory)
                {
                    throw OutOfMemory();
                }

                await ReadRequestsAsync().ConfigureAwait(false);
                if (_lingers)
                {
                    await LingerAsync().ConfigureAwait(false);
                }
            }
            catch (ThriftException error)
            {
                if (_runtime.Entries.TryTake(ClosedId, LogLevel.Warning))
                {
                    LogClosed(_runtime.Logger, _peer.Address, LogText.Escape(error.Message));
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
            {
                // The caller is gone. Calls that run learn it through their token.
            }

            await _pipe.Input.CompleteAsync().ConfigureAwait(false);
            await Calls.WhenNoneAsync().ConfigureAwait(false);
            await _peer.WhenIdleAsync().ConfigureAwait(false);
            if (!aborted.IsCancellationRequested)
            {
                _life.BeginClosing();
            }

            await _pipe.Output.CompleteAsync().ConfigureAwait(false);
        }

        _requests.Hold(0);
        _life.End();
    }

    /// <inheritdoc/>
    public void OnDrain(DrainStage stage)
    {
        switch (stage)
        {
            case DrainStage.Asked:
                _peer.AskToLeave();
                break;

            case DrainStage.CutOff:
                _peer.CutOff();
                break;

            case DrainStage.Aborted:
                // The connection ends here even if its peer reads nothing, or a handler takes no notice of its token.
                CutConnection(new IOException("The server shuts down, and what ran on the connection did not end in time."));
                break;
        }

        StopReading();
        _linger?.End();
    }

    /// <inheritdoc/>
    public void Sweep()
    {
        if (!_life.Sweep())
        {
            return;
        }

        _linger?.Sweep();
        if (Limits.WriteTimeout > TimeSpan.Zero && _peer.StalledFor >= Limits.WriteTimeout)
        {
            CutConnection(new IOException($"The peer did not read an answer for {Limits.WriteTimeout}."));
        }
        else if (Volatile.Read(ref _partialSince) is var since and not 0 && Limits.FrameTimeout > TimeSpan.Zero && Clock.GetElapsedTime(since) >= Limits.FrameTimeout)
        {
            _isLate = true;
            StopReading();
        }
        else if (Calls.Count > 0)
        {
            if (_control.HasPeerHungUp)
            {
                // Only the calls end. What was read is handled to its end, because oneway calls in it do not wait for anybody.
                _peer.Abort();
            }
        }
        else if (Volatile.Read(ref _partialSince) == 0 && _life.IsIdleTooLong)
        {
            _isIdle = true;
            StopReading();
        }
    }

    private async Task ReadRequestsAsync()
    {
        var isPartial = false;
        while (!_peer.IsClosing)
        {
            // A request that has arrived is served before the connection ends: the end is decided when there is nothing left to read.
            if (!MayEnd(isPartial))
            {
                isPartial = await ReadAsync(await _pipe.Input.ReadAsync().ConfigureAwait(false)).ConfigureAwait(false);
            }
            else if (_pipe.Input.TryRead(out var result))
            {
                isPartial = await ReadAsync(result).ConfigureAwait(false);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>The last answer is written: waits until its reader has it.</summary>
    private async ValueTask LingerAsync()
    {
        await Calls.WhenNoneAsync().ConfigureAwait(false);
        await _peer.WhenIdleAsync().ConfigureAwait(false);
        var linger = new Linger(_pipe.Input, Limits.MaxReceiveMessageSize, Clock);
        _linger = linger;
        if (!Drain.IsDraining)
        {
            await linger.RunAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whether the connection ends unless another request has arrived.</summary>
    private bool MayEnd(bool isPartial) => Drain.IsCutOff || (!isPartial && Calls.Count == 0 && (_isIdle || Drain.IsEnding));

    /// <summary>Serves the requests that were read.</summary>
    /// <returns>Whether a part of another was read.</returns>
    private async ValueTask<bool> ReadAsync(ReadResult result)
    {
        var buffer = result.Buffer;
        var isFirst = true;
        while (!_peer.IsClosing && _reader.TryRead(ref buffer, out var request))
        {
            isFirst = false;
            _isIdle = false;
            Volatile.Write(ref _partialSince, 0);
            _requests.Hold(0);
            if (!buffer.IsEmpty && !request.IsMultiplexed)
            {
                _peer.Gather();
            }

            if (request.IsLast)
            {
                _peer.Close();
                _lingers = true;
            }

            await TakeAsync(request).ConfigureAwait(false);
        }

        var isPartial = !buffer.IsEmpty || _reader.IsWithinRequest;
        if (_isLate && isPartial && isFirst)
        {
            throw new ThriftProtocolException("A request was begun and not completed in time.");
        }

        _isLate = false;

        // Before the check: the connection that takes the last memory loses it, and not the next that connects.
        _requests.Hold(buffer.Length);
        if (result.IsCompleted)
        {
            if (isPartial && !_peer.IsClosing)
            {
                throw new ThriftProtocolException("The connection ended within a request: unexpected EOF.");
            }

            _peer.Close();
        }
        else if (isPartial && _requests.MustYield(buffer.Length > ConnectionMemory) && !_reader.TryRefuse(ref buffer) && buffer.Length > ConnectionMemory)
        {
            throw OutOfMemory();
        }

        _pipe.Input.AdvanceTo(buffer.Start, buffer.End);
        _requests.Hold(buffer.Length);

        // Bytes of the same request do not renew its time, however slowly they trickle in.
        if (!isPartial)
        {
            Volatile.Write(ref _partialSince, 0);
        }
        else if (!isFirst || Volatile.Read(ref _partialSince) == 0)
        {
            Volatile.Write(ref _partialSince, Math.Max(1, Clock.GetTimestamp()));
        }

        return isPartial;
    }

    private async ValueTask TakeAsync(PingPongRequest request)
    {
        if (request.IsCancellation)
        {
            _peer.GiveUp(request.SequenceId);
            return;
        }

        var size = request.Body.Length + CallMemory;
        if (!request.IsMultiplexed)
        {
            // The bytes stay in the connection's buffer: nothing is read until the call has ended.
            _memory.Take(size);
            Calls.Begin();
            await HandleAsync(request, size).ConfigureAwait(false);
            return;
        }

        _peer.Share();
        if (!await _requests.TryMakeRoomAsync(size).ConfigureAwait(false))
        {
            request.Refusal = PingPongRequestReader.OutOfMemory;
            _memory.Take(size);
        }

        // The bytes are the connection's, which continues to read.
        var length = (int)request.Body.Length;
        var body = ArrayPool<byte>.Shared.Rent(length);
        request.Body.CopyTo(body);
        request.Body = new ReadOnlySequence<byte>(body, 0, length);
        Calls.Begin();
        _peer.Begin(request);
        if (_runtime.Options.PingPong.RunHandlersInline)
        {
            _ = HandleCopiedAsync(request, size, body);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Self.HandleCopiedAsync(work.Request, work.Size, work.Body),
            (Self: this, Request: request, Size: size, Body: body),
            preferLocal: false);
    }

    private async Task HandleCopiedAsync(PingPongRequest request, long size, byte[] body)
    {
        await HandleAsync(request, size).ConfigureAwait(false);
        _peer.End(request);
        ArrayPool<byte>.Shared.Return(body);
    }

    private async ValueTask HandleAsync(PingPongRequest request, long size)
    {
        try
        {
            await _dispatcher.HandleAsync(request, _peer).ConfigureAwait(false);
        }
        finally
        {
            _memory.Return(size);
            _life.EndCall();
            if (Drain.IsEnding)
            {
                // Calls that run side by side end while the connection waits for another request.
                StopReading();
            }
        }
    }

    private static ThriftStatusException OutOfMemory() => new(ThriftStatusCode.ResourceExhausted, "The connections of this server have reached its limit of memory, MaxTotalMemory.");

    private void CutConnection(Exception reason)
    {
        _control.Abort(reason);
        _peer.Fail();
        StopReading();
    }

    private void StopReading() => _pipe.Input.CancelPendingRead();

    [LoggerMessage(ClosedId, LogLevel.Warning, "A connection from {Peer} was closed: {Reason}", EventName = "PingPongConnectionClosed")]
    private static partial void LogClosed(ILogger logger, string peer, string reason);
}
