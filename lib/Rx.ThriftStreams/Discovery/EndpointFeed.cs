using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Discovery;

/// <summary>Follows a resolver for a channel: enumerates it from the first call on, keeps the last good list over failures, and reports changes.</summary>
/// <remarks>
/// Thread-safe. Until the first list there is one query at a time, for which all calls wait; a call that comes after a failure starts the next one at once.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle.")]
internal sealed partial class EndpointFeed : IAsyncDisposable
{
    /// <summary>How many endpoints of a list are used.</summary>
    internal const int MaxEndpoints = 10_000;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposing = new();
    private readonly ThriftResolver _resolver;
    private readonly ThriftResolveContext _context;
    private readonly Action<IReadOnlyList<ThriftEndpoint>> _onList;
    private readonly Action<bool> _onFailure;
    private TaskCompletionSource _first = NewSource();
    private TaskCompletionSource _wanted = NewSource();
    private IReadOnlyList<ThriftEndpoint>? _last;
    private Task? _following;
    private bool _hasFailed;

    /// <param name="resolver">Finds the endpoints.</param>
    /// <param name="context">What it resolves.</param>
    /// <param name="onList">Is called with each list that differs from the one before; one call at a time.</param>
    /// <param name="onFailure">Called for each failure of the resolver. The argument says whether calls fail for it, as they do until the endpoints have been resolved once.</param>
    internal EndpointFeed(ThriftResolver resolver, ThriftResolveContext context, Action<IReadOnlyList<ThriftEndpoint>> onList, Action<bool> onFailure)
    {
        _resolver = resolver;
        _context = context;
        _onList = onList;
        _onFailure = onFailure;
    }

    /// <summary>Waits for the first list, and starts to resolve if that is necessary.</summary>
    /// <exception cref="ThriftDiscoveryException">The resolver failed.</exception>
    internal Task WhenListedAsync(CancellationToken cancellationToken)
    {
        Task first;
        lock (_gate)
        {
            if (_disposing.IsCancellationRequested)
            {
                throw ChannelDisposed();
            }

            if (_hasFailed)
            {
                // The failure has been reported to those who waited for it.
                _hasFailed = false;
                _first = NewSource();
                _wanted.TrySetResult();
            }

            if (_following is null)
            {
                // The feed outlives the call that started it: that call's context must not flow into it.
                using var flow = ExecutionContext.SuppressFlow();
                _following = Task.Run(FollowAsync, CancellationToken.None);
            }

            first = _first.Task;
        }

        return first.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task? following;
        lock (_gate)
        {
            following = _following;
            _first.TrySetException(ChannelDisposed());
        }

        await _disposing.CancelAsync().ConfigureAwait(false);
        _ = _first.Task.Exception;
        if (following is not null)
        {
            // A resolver that ignores its token must not hold up the disposal.
            await following.WaitAsync(ClientTransport.ClosingLimit, _context.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync()
    {
        while (!_disposing.IsCancellationRequested)
        {
            try
            {
                await foreach (var list in _resolver.ResolveAsync(_context, _disposing.Token).WithCancellation(_disposing.Token).ConfigureAwait(false))
                {
                    Accept(list);
                }

                if (_last is not null)
                {
                    return;
                }

                throw new InvalidOperationException("the resolver ended without a list");
            }
            catch (Exception) when (_disposing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                await PauseAsync(error).ConfigureAwait(false);
            }
        }
    }

    private void Accept(IReadOnlyList<ThriftEndpoint> list)
    {
        if (list is not { Count: > 0 })
        {
            throw new InvalidOperationException("the resolver reported no endpoint");
        }

        if (list.Count > MaxEndpoints)
        {
            LogTooMany(_context.Logger, _context.Target, list.Count, MaxEndpoints);
        }

        List<ThriftEndpoint> distinct = [.. list.Take(MaxEndpoints).DistinctBy(static endpoint => endpoint.Address, StringComparer.OrdinalIgnoreCase)];
        if (_last is null || !distinct.SequenceEqual(_last))
        {
            _onList(distinct);
            _last = distinct;
        }

        lock (_gate)
        {
            _first.TrySetResult();
        }
    }

    private async Task PauseAsync(Exception error)
    {
        _onFailure(_last is null);
        Task wanted;
        lock (_gate)
        {
            if (_last is null)
            {
                _hasFailed = true;
                _wanted = NewSource();
                _first.TrySetException(new ThriftDiscoveryException(_context.Target, error.Message, error));
                _ = _first.Task.Exception;
            }

            wanted = _wanted.Task;
        }

        if (_last is not null)
        {
            LogRefreshFailed(_context.Logger, _context.Target, error);
        }

        // Without a list, the next call asks again; until then there is nobody to ask for.
        var pause = _last is null
            ? wanted.WaitAsync(_disposing.Token)
            : Task.Delay(_context.RefreshInterval, _context.TimeProvider, _disposing.Token);
        await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static ObjectDisposedException ChannelDisposed() => new("ThriftChannel");

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(30, LogLevel.Warning, "The endpoints of {Target} could not be refreshed. The last list stays in use.", EventName = "ResolverFailed")]
    private static partial void LogRefreshFailed(ILogger logger, string target, Exception error);

    [LoggerMessage(31, LogLevel.Warning, "The resolver of {Target} reported {Count} endpoints. The first {Most} of them are used.", EventName = "ResolverTooManyEndpoints")]
    private static partial void LogTooMany(ILogger logger, string target, int count, int most);
}
