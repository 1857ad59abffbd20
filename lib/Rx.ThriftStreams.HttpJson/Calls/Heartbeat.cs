namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>
/// Sends something when nothing was sent for a time. The writer of a response takes one operation at a time: a message waits for a heartbeat that is on its way, and a heartbeat is left out while
/// a message is.
/// </summary>
internal sealed class Heartbeat : IAsyncDisposable
{
    private readonly Func<Task> _send;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly TimeSpan _interval;
    private Task _sending = Task.CompletedTask;
    private bool _isBusy;
    private bool _isOver;

    /// <param name="clock">The clock.</param>
    /// <param name="interval">How long nothing is sent.</param>
    /// <param name="send">Sends a heartbeat.</param>
    internal Heartbeat(TimeProvider clock, TimeSpan interval, Func<Task> send)
    {
        _send = send;
        _interval = interval;
        _timer = clock.CreateTimer(static state => ((Heartbeat)state!).Beat(), this, interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes the writer for a message.</summary>
    /// <returns>Completes when it is free.</returns>
    internal Task EnterAsync()
    {
        lock (_gate)
        {
            _isBusy = true;
            return _sending;
        }
    }

    /// <summary>Gives the writer back.</summary>
    internal void Exit()
    {
        lock (_gate)
        {
            _isBusy = false;
            if (!_isOver)
            {
                _timer.Change(_interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Sends no more, and waits until the last one was sent.</summary>
    public async ValueTask DisposeAsync()
    {
        Task sending;
        lock (_gate)
        {
            _isOver = true;
            sending = _sending;
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Beat()
    {
        lock (_gate)
        {
            if (!_isBusy && !_isOver && _sending.IsCompleted)
            {
                _sending = SendAsync();
            }
        }
    }

    private async Task SendAsync()
    {
        // Not under the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _send().ConfigureAwait(false);
        lock (_gate)
        {
            if (!_isBusy && !_isOver)
            {
                _timer.Change(_interval, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
