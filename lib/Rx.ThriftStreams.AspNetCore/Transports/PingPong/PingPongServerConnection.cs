using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>
/// A connection on the server. Requests are answered one after the other, in their order, unless their caller takes answers in any order:
/// those run side by side.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without a wait handle holds nothing to let go of.")]
internal sealed partial class PingPongServerConnection(
    PingPongHandler handler,
    IDuplexPipe pipe,
    string peer,
    CancellationToken aborted,
    CancellationToken stopping)
{
    private readonly PingPongRequestReader _reader = new(handler.Runtime.Options.Limits.MaxReceiveMessageSize);
    private readonly SemaphoreSlim _writeTurn = new(1, 1);
    private readonly SemaphoreSlim _sideBySide = new(handler.Runtime.Options.Limits.MaxStreamsPerConnection);
    private long _waitingSince;
    private TimeSpan _waitingLimit = Timeout.InfiniteTimeSpan;
    private int _running;
    private bool _closing;

    internal string Peer { get; } = peer;

    /// <summary>Cancelled when the connection is lost.</summary>
    internal CancellationToken Aborted { get; } = aborted;

    internal MessageLimits MessageLimits => Runtime.Options.Limits.Message;

    private ThriftServerRuntime Runtime => handler.Runtime;

    internal async Task RunAsync()
    {
        using var watch = StartWatch();
        using (stopping.UnsafeRegister(static state => ((PingPongServerConnection)state!).Stop(), this))
        {
            try
            {
                await ReadRequestsAsync().ConfigureAwait(false);
            }
            catch (ThriftException error)
            {
                LogClosed(Runtime.Logger, Peer, error.Message);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
            {
                // The caller is gone. Calls that run hear of it through their token.
            }
        }

        await pipe.Input.CompleteAsync().ConfigureAwait(false);
        await WhenCallsHaveEndedAsync().ConfigureAwait(false);
        await pipe.Output.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Sends an answer, unless the call was oneway.</summary>
    internal async ValueTask AnswerAsync(PingPongAnswer answer, bool close)
    {
        _closing |= close;
        if (answer.Request.Type == ThriftMessageType.Oneway)
        {
            StopReadingIfClosing(answer.Request);
            return;
        }

        using var bytes = new ThriftWriteBuffer();
        answer.WriteTo(bytes, _closing || stopping.IsCancellationRequested);
        await _writeTurn.WaitAsync().ConfigureAwait(false);
        try
        {
            await pipe.Output.WriteAsync(bytes.WrittenMemory).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The caller went away while its answer was on the way: nobody is left to tell.
            _closing = true;
        }
        finally
        {
            _writeTurn.Release();
            StopReadingIfClosing(answer.Request);
        }
    }

    /// <summary>Calls that run side by side end while the connection waits for another request, which would keep it open.</summary>
    private void StopReadingIfClosing(PingPongRequest request)
    {
        if (_closing && request.IsMultiplexed)
        {
            Stop();
        }
    }

    private async Task ReadRequestsAsync()
    {
        while (!_closing && !stopping.IsCancellationRequested)
        {
            Wait(Runtime.Options.Limits.ConnectionIdleTimeout);
            var result = await pipe.Input.ReadAsync().ConfigureAwait(false);
            var buffer = result.Buffer;
            while (!result.IsCanceled && TryRead(ref buffer, out var request))
            {
                Wait(Timeout.InfiniteTimeSpan);
                await TakeAsync(request).ConfigureAwait(false);
                if (_closing || stopping.IsCancellationRequested)
                {
                    return;
                }
            }

            if (result.IsCanceled || result.IsCompleted)
            {
                return;
            }

            var isPartial = !buffer.IsEmpty || _reader.IsWithinRequest;
            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
            if (isPartial)
            {
                await AwaitRestAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Part of a request is there: the rest must come within its time, however slowly its bytes trickle in.</summary>
    private async ValueTask AwaitRestAsync()
    {
        Wait(Runtime.Options.Limits.FrameTimeout);
        while (true)
        {
            var result = await pipe.Input.ReadAsync().ConfigureAwait(false);
            var buffer = result.Buffer;
            var complete = TryRead(ref buffer, out var request);
            if (complete)
            {
                Wait(Timeout.InfiniteTimeSpan);
                await TakeAsync(request!).ConfigureAwait(false);
                pipe.Input.AdvanceTo(buffer.Start);
                return;
            }

            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
            if (_closing || stopping.IsCancellationRequested)
            {
                return;
            }

            if (result.IsCanceled || result.IsCompleted)
            {
                _closing = true;
                throw new ThriftProtocolException(
                    result.IsCanceled ? "A request was begun and not completed in time." : "The connection ended within a request: unexpected EOF.");
            }
        }
    }

    private bool TryRead(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out PingPongRequest? request)
        => _reader.TryRead(ref buffer, out request);

    private async ValueTask TakeAsync(PingPongRequest request)
    {
        if (!request.IsMultiplexed)
        {
            await HandleAsync(request).ConfigureAwait(false);
            return;
        }

        // The bytes of the request are the connection's, which goes on reading.
        request.Body = new ReadOnlySequence<byte>(request.Body.ToArray());
        await _sideBySide.WaitAsync(Aborted).ConfigureAwait(false);
        Interlocked.Increment(ref _running);
        _ = Task.Run(async () =>
        {
            try
            {
                await HandleAsync(request).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
                _sideBySide.Release();
            }
        });
    }

    private async ValueTask HandleAsync(PingPongRequest request)
    {
        if (request.Type is not (ThriftMessageType.Call or ThriftMessageType.Oneway))
        {
            await RefuseAsync(
                request,
                new((int)ApplicationErrorType.InvalidMessageType, $"server side, invalid message type {(int)request.Type}", ThriftStatusCode.Internal)).ConfigureAwait(false);
            return;
        }

        if (request.Refusal is { } refusal)
        {
            LogRefused(Runtime.Logger, Peer, request.Method, refusal);

            // The whole request has passed, so that the other calls of a shared connection can continue.
            await RefuseAsync(request, new((int)ApplicationErrorType.ProtocolError, refusal, ThriftStatusCode.ResourceExhausted), close: !request.IsMultiplexed).ConfigureAwait(false);
            return;
        }

        if (Runtime.Router.Find(request.Service, request.Method, CallForm.PingPong, out var unknown) is { } method)
        {
            await InvokeAsync(request, method).ConfigureAwait(false);
        }
        else
        {
            var outcome = new ServerCallOutcome(unknown, ServerFaultOrigin.Framework, RevealDetails: true);
            await RefuseAsync(request, KitexAnswer.Of(outcome, KitexProtocol.PingPong, request.Method)).ConfigureAwait(false);
        }
    }

    private async ValueTask InvokeAsync(PingPongRequest request, ServerMethod method)
    {
        using var call = new PingPongServerCall(this, request, method.Method.ServiceName);
        var scope = handler.Scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            await method.InvokeAsync(call, scope.ServiceProvider).ConfigureAwait(false);
        }
    }

    private ValueTask RefuseAsync(PingPongRequest request, KitexAnswer error, bool close = true)
    {
        var answer = new PingPongAnswer(request);
        answer.SetError(error);
        return AnswerAsync(answer, close);
    }

    private async Task WhenCallsHaveEndedAsync()
    {
        if (Volatile.Read(ref _running) > 0)
        {
            // Each call that runs holds one place: when all places can be had, none runs.
            for (var i = 0; i < Runtime.Options.Limits.MaxStreamsPerConnection; i++)
            {
                await _sideBySide.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    private void Stop() => pipe.Input.CancelPendingRead();

    private void Wait(TimeSpan limit)
    {
        _waitingLimit = limit > TimeSpan.Zero ? limit : Timeout.InfiniteTimeSpan;
        Volatile.Write(ref _waitingSince, Runtime.Options.TimeProvider.GetTimestamp());
    }

    private static TimeSpan OrLongest(TimeSpan limit) => limit > TimeSpan.Zero ? limit : TimeSpan.MaxValue;

    private ITimer StartWatch()
    {
        var options = Runtime.Options;
        var shortest = OrLongest(options.Limits.FrameTimeout) < OrLongest(options.Limits.ConnectionIdleTimeout) ? OrLongest(options.Limits.FrameTimeout) : OrLongest(options.Limits.ConnectionIdleTimeout);
        var period = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 2, 10, 30_000));
        Wait(options.Limits.ConnectionIdleTimeout);
        return options.TimeProvider.CreateTimer(
            static state =>
            {
                var connection = (PingPongServerConnection)state!;
                var limit = connection._waitingLimit;
                if (limit != Timeout.InfiniteTimeSpan
                    && connection.Runtime.Options.TimeProvider.GetElapsedTime(Volatile.Read(ref connection._waitingSince)) >= limit)
                {
                    connection.Stop();
                }
            },
            this,
            period,
            period);
    }

    [LoggerMessage(43, LogLevel.Warning, "A call of {Method} from {Peer} was refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string peer, string method, string reason);

    [LoggerMessage(40, LogLevel.Warning, "A connection from {Peer} was closed: {Reason}")]
    private static partial void LogClosed(ILogger logger, string peer, string reason);
}
