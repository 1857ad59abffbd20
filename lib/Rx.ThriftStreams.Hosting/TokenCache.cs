using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Diagnostics;

namespace Rx.ThriftStreams.Hosting;

/// <summary>
/// The bearer token of a client. All calls that need one at the same time wait for the same request. Thread-safe.
/// </summary>
/// <param name="client">The name of the client.</param>
/// <param name="request">Requests a token.</param>
/// <param name="options">Has the clock and the log.</param>
[SuppressMessage("Design", "CA1001", Justification = "What it owns has a timer only while tokens cannot be obtained.")]
internal sealed partial class TokenCache(string client, Func<CancellationToken, ValueTask<ThriftAccessToken>> request, ThriftChannelOptions options)
{
    /// <summary>How long before it expires a token is replaced, or half of its life if that is shorter.</summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    // Between attempts to replace a token that has not expired yet.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = options.LoggerFactory.CreateLogger<ThriftChannel>();
    private readonly Lock _gate = new();
    private FailureEpisodes<string, Exception>? _failures;
    private Exception? _failure;
    private long _failedAt;
    private string? _token;
    private DateTimeOffset _renewAt;
    private DateTimeOffset _expiresAt;
    private Request? _request;

    /// <summary>Returns the token, and requests one if there is none or it is about to expire.</summary>
    /// <param name="cancellationToken">Ends the wait of this caller. The request is cancelled when nobody waits for it any more.</param>
    /// <exception cref="ThriftAccessTokenException">The request failed.</exception>
    internal ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Request waited;
        lock (_gate)
        {
            if (_token is not null && options.TimeProvider.GetUtcNow() < _renewAt)
            {
                return new(_token);
            }

            if (_failure is { } failure)
            {
                // Retries and other calls do not ask again what has just failed.
                if (options.TimeProvider.GetElapsedTime(_failedAt) < Pause)
                {
                    return ValueTask.FromException<string>(ErrorOf(failure));
                }

                _failure = null;
            }

            waited = _request ??= new();
            waited.Waiting++;
        }

        return WaitAsync(waited, cancellationToken);
    }

    /// <summary>Has the next call request another token, unless another call did so already.</summary>
    internal void Drop(string refused)
    {
        lock (_gate)
        {
            if (_token == refused)
            {
                _token = null;
            }
        }
    }

    private async ValueTask<string> WaitAsync(Request waited, CancellationToken cancellationToken)
    {
        Start(waited);
        try
        {
            return await waited.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw ErrorOf(error);
        }
        finally
        {
            Leave(waited);
        }
    }

    private void Start(Request started)
    {
        if (!started.TryStart())
        {
            return;
        }

        // Nothing of the call that happens to be the first may reach the request: its trace, the server call that it is made in, and the deadline of that one.
        using var flow = ExecutionContext.SuppressFlow();
        _ = Task.Run(() => RunAsync(started));
    }

    private async Task RunAsync(Request running)
    {
        try
        {
            var token = await request(running.Cancellation).ConfigureAwait(false)
                ?? throw SentToken.Missing();
            var now = options.TimeProvider.GetUtcNow();
            var half = (token.ExpiresAt - now) / 2;
            lock (_gate)
            {
                if (ReferenceEquals(_request, running))
                {
                    _token = token.Value;
                    _expiresAt = token.ExpiresAt;
                    _renewAt = token.ExpiresAt - (half < Margin ? half : Margin);
                    _request = null;
                }
            }

            Volatile.Read(ref _failures)?.Answered();
            running.Complete(token.Value);
        }
        catch (Exception error)
        {
            if (Forget(running) is { } current)
            {
                ThriftCounters.TokenFailed(client, callsFailed: false);
                LogNotRenewed(_logger, client, error);
                running.Complete(current);
            }
            else
            {
                if (!running.Cancellation.IsCancellationRequested)
                {
                    ThriftCounters.TokenFailed(client, callsFailed: true);
                    Keep(error);
                }

                running.Fail(error);
            }
        }
    }

    /// <summary>Has the calls of the next moment fail with that error, and logs it.</summary>
    private void Keep(Exception error)
    {
        FailureEpisodes<string, Exception> failures;
        lock (_gate)
        {
            _failure = error;
            _failedAt = options.TimeProvider.GetTimestamp();
            failures = _failures ??= new(
                options.TimeProvider,
                (name, report) => LogNotObtained(_logger, name, report.Count, report.SecondsAgo, report.Last),
                (name, report) => LogObtained(_logger, name, report.Count, report.SecondsLasted));
        }

        failures.Add(client, error);
    }

    /// <summary>One for each call: an exception that several calls throw would collect their stack traces. The log has it already.</summary>
    private ThriftAccessTokenException ErrorOf(Exception error) => new(client, error) { IsLogged = _logger.IsEnabled(LogLevel.Warning) };

    private void Leave(Request left)
    {
        lock (_gate)
        {
            if (--left.Waiting > 0 || left.Result.IsCompleted)
            {
                return;
            }

            // The next call starts another one: this one is being cancelled.
            Forget(left);
        }

        left.Cancel();
    }

    /// <summary>A request that failed or was given up is not kept.</summary>
    /// <returns>The token that it was to replace, if that can still be used. It is used for a while before another request.</returns>
    private string? Forget(Request forgotten)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_request, forgotten))
            {
                return null;
            }

            _request = null;
            var left = _expiresAt - options.TimeProvider.GetUtcNow();
            if (_token is null || left <= TimeSpan.Zero)
            {
                return null;
            }

            _renewAt = _expiresAt - (left < Pause ? TimeSpan.Zero : left - Pause);
            return _token;
        }
    }

    [LoggerMessage(80, LogLevel.Warning, "Another bearer token of the Thrift client {Client} could not be obtained. The present one is sent until it expires.", EventName = "TokenNotRenewed")]
    private static partial void LogNotRenewed(ILogger logger, string client, Exception error);

    [LoggerMessage(81, LogLevel.Warning, "A bearer token of the Thrift client {Client} cannot be obtained, and the calls that need it fail. Failed requests: {Count}, the last one {SecondsAgo} s ago.", EventName = "TokenNotObtained")]
    private static partial void LogNotObtained(ILogger logger, string client, long count, long secondsAgo, Exception error);

    [LoggerMessage(92, LogLevel.Warning, "Bearer tokens of the Thrift client {Client} can be obtained again. Failed requests before: {Count} within {Seconds} s.", EventName = "TokenObtained")]
    private static partial void LogObtained(ILogger logger, string client, long count, long seconds);

    /// <summary>A request for a token, and how many calls wait for it.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; a cancellation may still be in progress when the request has ended.")]
    private sealed class Request
    {
        private readonly CancellationTokenSource _cancellation = new();
        private readonly TaskCompletionSource<string> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _started;

        internal int Waiting { get; set; }

        internal Task<string> Result => _result.Task;

        internal CancellationToken Cancellation => _cancellation.Token;

        internal bool TryStart() => Interlocked.Exchange(ref _started, 1) == 0;

        internal void Complete(string token) => _result.SetResult(token);

        internal void Fail(Exception error)
        {
            _result.SetException(error);

            // Observed: nobody may wait any more.
            _ = _result.Task.Exception;
        }

        internal void Cancel() => _ = _cancellation.CancelAsync();
    }
}
