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
internal sealed partial class PingPongServerConnection : ISweptConnection
{
    // What a connection and a call take beside everything that is counted: pipes, objects, the handler's first await.
    private const int ConnectionMemory = 8 * 1024;
    private const int CallMemory = 2 * 1024;

    // What is written may still be on its way to the socket when a connection ends in order.
    private static readonly TimeSpan LimitWhenClosing = TimeSpan.FromSeconds(2);

    private readonly ThriftServerRuntime _runtime;
    private readonly PingPongDispatcher _dispatcher;
    private readonly IDuplexPipe _pipe;
    private readonly IConnectionControl _control;
    private readonly CancellationToken _stopping;
    private readonly PingPongRequestReader _reader;
    private readonly PingPongPeer _peer;
    private readonly PeerMemory _memory;
    private readonly RunningCalls _calls = new();
    private long _held;
    private long _partialSince;
    private long _idleSince;
    private long _closingSince;
    private volatile bool _isLate;

    internal PingPongServerConnection(
        ThriftServerRuntime runtime,
        PingPongDispatcher dispatcher,
        IDuplexPipe pipe,
        IConnectionControl control,
        ServerConnection connection,
        CancellationToken stopping)
    {
        _runtime = runtime;
        _dispatcher = dispatcher;
        _pipe = pipe;
        _control = control;
        _stopping = stopping;
        _reader = new PingPongRequestReader(Limits.MaxReceiveMessageSize);
        _memory = runtime.CreateConnectionMemory();
        _peer = new PingPongPeer(pipe.Output, connection, Limits.Message, _memory, Clock, StopReading, stopping);
    }

    private ThriftServerLimits Limits => _runtime.Options.Limits;

    private TimeProvider Clock => _runtime.Options.TimeProvider;

    /// <summary>Serves the connection. Never fails.</summary>
    /// <param name="aborted">The connection is lost.</param>
    internal async Task RunAsync(CancellationToken aborted)
    {
        _memory.Take(ConnectionMemory);
        Volatile.Write(ref _idleSince, Now());
        _runtime.Sweep.Add(this);
        using (_stopping.UnsafeRegister(static state => ((PingPongServerConnection)state!).StopReading(), this))
        using (aborted.UnsafeRegister(static state => ((PingPongServerConnection)state!)._peer.Abort(), this))
        {
            try
            {
                ThrowIfOutOfMemory();
                await ReadRequestsAsync().ConfigureAwait(false);
            }
            catch (ThriftException error)
            {
                if (_runtime.Warnings.TryTake(_runtime.Logger))
                {
                    LogClosed(_runtime.Logger, _peer.Address, LogText.Escape(error.Message));
                }
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
            {
                // The caller is gone. Calls that run learn it through their token.
            }

            await _pipe.Input.CompleteAsync().ConfigureAwait(false);
            await _calls.WhenNoneAsync().ConfigureAwait(false);
            await _peer.WhenIdleAsync().ConfigureAwait(false);
            await _pipe.Output.CompleteAsync().ConfigureAwait(false);
        }

        Hold(0);
        _memory.Return(ConnectionMemory);
        _memory.Close();
        if (aborted.IsCancellationRequested)
        {
            _runtime.Sweep.Remove(this);
        }
        else
        {
            // Everything is written, though perhaps not sent. The sweep cuts the connection off if the peer does not take it.
            Volatile.Write(ref _closingSince, Now());
        }
    }

    /// <inheritdoc/>
    public void Sweep()
    {
        if (Volatile.Read(ref _closingSince) != 0)
        {
            if (IsOver(ref _closingSince, LimitWhenClosing))
            {
                _runtime.Sweep.Remove(this);
                _control.Abort(new IOException("The peer did not take the end of the connection."));
            }
        }
        else if (Limits.WriteTimeout > TimeSpan.Zero && _peer.StalledFor >= Limits.WriteTimeout)
        {
            _control.Abort(new IOException($"The peer did not read an answer for {Limits.WriteTimeout}."));
            _peer.Fail();
            StopReading();
        }
        else if (IsOver(ref _partialSince, Limits.FrameTimeout))
        {
            _isLate = true;
            StopReading();
        }
        else if (_calls.Count > 0)
        {
            if (_control.HasPeerHungUp)
            {
                // Only the calls end. What was read is handled to its end, because oneway calls in it do not wait for anybody.
                _peer.Abort();
            }
        }
        else if (Volatile.Read(ref _partialSince) == 0 && IsOver(ref _idleSince, Limits.ConnectionIdleTimeout))
        {
            StopReading();
        }
    }

    private async Task ReadRequestsAsync()
    {
        while (!_peer.IsClosing)
        {
            var result = await _pipe.Input.ReadAsync().ConfigureAwait(false);
            var buffer = result.Buffer;
            var isFirst = true;
            while (!result.IsCanceled && _reader.TryRead(ref buffer, out var request))
            {
                isFirst = false;
                Volatile.Write(ref _partialSince, 0);
                Hold(0);
                await TakeAsync(request).ConfigureAwait(false);
                if (_peer.IsClosing)
                {
                    return;
                }
            }

            var isPartial = !buffer.IsEmpty || _reader.IsWithinRequest;
            if (result.IsCanceled)
            {
                if (_isLate && isPartial)
                {
                    throw new ThriftProtocolException("A request was begun and not completed in time.");
                }

                return;
            }

            if (result.IsCompleted)
            {
                if (isPartial)
                {
                    throw new ThriftProtocolException("The connection ended within a request: unexpected EOF.");
                }

                return;
            }

            if (isPartial && _memory.IsParentOver && !_reader.TryRefuse(ref buffer) && buffer.Length > ConnectionMemory)
            {
                ThrowIfOutOfMemory();
            }

            _pipe.Input.AdvanceTo(buffer.Start, buffer.End);
            Hold(buffer.Length);

            // Bytes of the same request do not renew its time, however slowly they trickle in.
            if (!isPartial)
            {
                Volatile.Write(ref _partialSince, 0);
            }
            else if (!isFirst || Volatile.Read(ref _partialSince) == 0)
            {
                Volatile.Write(ref _partialSince, Now());
            }
        }
    }

    private async ValueTask TakeAsync(PingPongRequest request)
    {
        var size = request.Body.Length + CallMemory;
        if (!request.IsMultiplexed)
        {
            // The bytes stay in the connection's buffer: nothing is read until the call has ended.
            _memory.Take(size);
            _calls.Begin();
            await HandleAsync(request, size).ConfigureAwait(false);
            return;
        }

        _peer.Share();
        if (!await TryMakeRoomAsync(size).ConfigureAwait(false))
        {
            request.Refusal = PingPongRequestReader.OutOfMemory;
            _memory.Take(size);
        }

        // The bytes are the connection's, which continues to read.
        var length = (int)request.Body.Length;
        var body = ArrayPool<byte>.Shared.Rent(length);
        request.Body.CopyTo(body);
        request.Body = new ReadOnlySequence<byte>(body, 0, length);
        _calls.Begin();
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Self.HandleCopiedAsync(work.Request, work.Size, work.Body),
            (Self: this, Request: request, Size: size, Body: body),
            preferLocal: false);
    }

    private async Task HandleCopiedAsync(PingPongRequest request, long size, byte[] body)
    {
        await HandleAsync(request, size).ConfigureAwait(false);
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
            Volatile.Write(ref _idleSince, Now());
            _calls.End();
        }
    }

    /// <summary>Waits until another call may run beside those that do. Reading stops meanwhile, so what a peer can have in flight is bounded.</summary>
    /// <returns><see langword="false"/> if other connections hold what all of them together may: then the call is refused, instead of waiting for strangers.</returns>
    private async ValueTask<bool> TryMakeRoomAsync(long size)
    {
        while (true)
        {
            var ended = _calls.Count >= Limits.MaxStreamsPerConnection ? _calls.WhenOneEnded() : null;
            if (ended is null)
            {
                if (_memory.TryTake(size))
                {
                    return true;
                }

                if (_memory.Used + size <= _memory.Limit)
                {
                    return false;
                }

                if (_calls.Count == 0)
                {
                    if (_memory.IsParentOver)
                    {
                        return false;
                    }

                    // One message may be larger than the budget of its connection.
                    _memory.Take(size);
                    return true;
                }

                ended = _calls.WhenOneEnded();
                if (_memory.TryTake(size))
                {
                    return true;
                }
            }

            await ended.ConfigureAwait(false);
        }
    }

    /// <summary>Counts the part of a request that waits in the buffer for its rest.</summary>
    private void Hold(long bytes)
    {
        if (bytes > _held)
        {
            _memory.Take(bytes - _held);
        }
        else if (bytes < _held)
        {
            _memory.Return(_held - bytes);
        }

        _held = bytes;
    }

    private void ThrowIfOutOfMemory()
    {
        if (_memory.IsParentOver)
        {
            throw new ThriftStatusException(ThriftStatusCode.ResourceExhausted, "The connections of this server hold as much memory as they may.");
        }
    }

    private void StopReading() => _pipe.Input.CancelPendingRead();

    private long Now() => Math.Max(1, Clock.GetTimestamp());

    private bool IsOver(ref long since, TimeSpan limit) => limit > TimeSpan.Zero && Volatile.Read(ref since) is var start and not 0 && Clock.GetElapsedTime(start) >= limit;

    [LoggerMessage(40, LogLevel.Warning, "A connection from {Peer} was closed: {Reason}")]
    private static partial void LogClosed(ILogger logger, string peer, string reason);
}
