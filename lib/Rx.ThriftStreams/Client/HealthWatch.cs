using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Transports.Grpc;

namespace Rx.ThriftStreams.Client;

/// <summary>Watches the health of one endpoint and keeps its candidate informed, until it is disposed.</summary>
/// <remarks>What the server said last counts until it says something else: while it cannot be asked, breaker and ejection decide.</remarks>
internal sealed partial class HealthWatch : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(2);

    private readonly GrpcTransport _transport;
    private readonly string _service;
    private readonly ThriftCandidate _candidate;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <param name="transport">Asks the endpoint.</param>
    /// <param name="service">The service that is asked for; empty for the server.</param>
    /// <param name="candidate">Is informed.</param>
    /// <param name="options">The clock and the log.</param>
    internal HealthWatch(GrpcTransport transport, string service, ThriftCandidate candidate, ThriftChannelOptions options)
    {
        _transport = transport;
        _service = service;
        _candidate = candidate;
        _clock = options.TimeProvider;
        _logger = options.LoggerFactory.CreateLogger<HealthWatch>();
        using (ExecutionContext.SuppressFlow())
        {
            _watching = Task.Run(WatchAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        var attempts = 0;
        var isRefused = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var isServing in _transport.WatchHealthAsync(_service, _stop.Token).ConfigureAwait(false))
                {
                    attempts = 0;
                    isRefused = false;
                    Set(isServing);
                }
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (GrpcHealth.IsRefusal(error))
            {
                _candidate.IsServing = true;
                if (!isRefused)
                {
                    isRefused = true;
                    LogRefused(_logger, _candidate.Endpoint.Address, error.Message);
                }
            }
            catch (Exception error)
            {
                LogLost(_logger, error, _candidate.Endpoint.Address);
            }

            await Task.Delay(Backoff.Exponential(attempts++, FirstPause, LongestPause), _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Set(bool isServing)
    {
        if (_candidate.IsServing == isServing)
        {
            return;
        }

        _candidate.IsServing = isServing;
        if (isServing)
        {
            LogServing(_logger, _candidate.Endpoint.Address);
        }
        else
        {
            LogNotServing(_logger, _candidate.Endpoint.Address);
        }
    }

    [LoggerMessage(34, LogLevel.Warning, "Endpoint {Endpoint} reports that it does not serve: new streams use others.", EventName = "EndpointNotServing")]
    private static partial void LogNotServing(ILogger logger, string endpoint);

    [LoggerMessage(35, LogLevel.Information, "Endpoint {Endpoint} reports that it serves again.", EventName = "EndpointServing")]
    private static partial void LogServing(ILogger logger, string endpoint);

    [LoggerMessage(36, LogLevel.Warning, "Endpoint {Endpoint} does not answer grpc.health.v1.Health/Watch and counts as serving: {Reason}", EventName = "EndpointHealthNotAnswered")]
    private static partial void LogRefused(ILogger logger, string endpoint, string reason);

    [LoggerMessage(37, LogLevel.Debug, "The health of endpoint {Endpoint} cannot be watched at the moment.", EventName = "EndpointHealthLost")]
    private static partial void LogLost(ILogger logger, Exception error, string endpoint);
}
