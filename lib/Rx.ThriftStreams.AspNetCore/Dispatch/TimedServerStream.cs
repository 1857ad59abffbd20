using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Decorates a server's transport stream: cancels the call when a receive or a send takes too long.</summary>
internal sealed class TimedServerStream<TRequest, TResponse> : DelegatingServerStream<TRequest, TResponse>
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private readonly ServerCallContext _context;
    private readonly TimeProvider _clock;
    private readonly OperationTimer? _receiveTimer;
    private readonly OperationTimer? _sendTimer;

    internal TimedServerStream(ServerTransportStream<TRequest, TResponse> inner, ServerCallContext context, ThriftServerOptions options)
        : base(inner)
    {
        _context = context;
        _clock = options.TimeProvider;
        _receiveTimer = CreateTimer(nameof(ThriftServerLimits.ReceiveTimeout), ThriftTimeoutKind.Receive, options.Limits.ReceiveTimeout);
        _sendTimer = CreateTimer(nameof(ThriftServerLimits.SendTimeout), ThriftTimeoutKind.Send, options.Limits.SendTimeout);
    }

    internal static bool IsWanted(ThriftServerOptions options) => CallTimers.IsLimit(options.Limits.ReceiveTimeout) || CallTimers.IsLimit(options.Limits.SendTimeout);

    internal override ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        var receive = Inner.ReceiveAsync(cancellationToken);
        return _receiveTimer is null || receive.IsCompleted ? receive : AwaitAsync(receive, _receiveTimer, ThriftTimeoutKind.Receive);
    }

    internal override ValueTask<int> SendAsync(TResponse message, ThriftMetadata headers, CancellationToken cancellationToken)
    {
        var send = Inner.SendAsync(message, headers, cancellationToken);
        return _sendTimer is null || send.IsCompleted ? send : AwaitAsync(send, _sendTimer, ThriftTimeoutKind.Send);
    }

    internal override ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flush = Inner.FlushAsync(cancellationToken);
        return _sendTimer is null || flush.IsCompleted ? flush : AwaitFlushAsync(flush, _sendTimer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitFlushAsync(ValueTask flush, OperationTimer timer) => await AwaitAsync(WithResult(flush), timer, ThriftTimeoutKind.Send).ConfigureAwait(false);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> WithResult(ValueTask operation)
    {
        await operation.ConfigureAwait(false);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> AwaitAsync<T>(ValueTask<T> operation, OperationTimer timer, ThriftTimeoutKind kind)
    {
        timer.Start(_clock.GetTimestamp());
        try
        {
            return await operation.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_context.CancellationReason is ThriftTimeoutException expired && expired.Kind == kind)
        {
            // The token was cancelled by this limit, and the handler should learn by which.
            ExceptionDispatchInfo.Throw(expired);
            throw;
        }
        finally
        {
            timer.Stop();
        }
    }

    private OperationTimer? CreateTimer(string option, ThriftTimeoutKind kind, TimeSpan? limit) => CallTimers.IsLimit(limit)
        ? new(_clock, limit!.Value, elapsed => _context.Cancel(new ThriftTimeoutException(option, kind, limit.Value, elapsed, _context.Method.FullName)))
        : null;
}
