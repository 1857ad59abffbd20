// <sample hosting-watcher>
using Rx.ThriftStreams;

namespace Market;

/// <summary>Watches a symbol while the application runs, and begins again when the stream fails or ends.</summary>
internal sealed partial class Watcher(IQuotes quotes, IConfiguration configuration, IHostApplicationLifetime lifetime, ILogger<Watcher> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The server of this very application listens from then on.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (lifetime.ApplicationStarted.Register(started.SetResult))
        {
            await started.Task.WaitAsync(stoppingToken);
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(stoppingToken);
            }
            catch (ThriftException error)
            {
                LogInterrupted(logger, error.StatusCode, error.Message);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        Quote last = await quotes.LastAsync(new() { Symbol = "ACME" }, cancellationToken);
        LogPrice(logger, last.Symbol, last.Cents / 100m);

        // A test lets the program end by itself.
        var stopAfter = configuration.GetValue<long?>("StopAfterQuotes");
        await foreach (Quote quote in quotes.WatchAsync(new() { Symbol = "ACME" }, cancellationToken))
        {
            LogPrice(logger, quote.Symbol, quote.Cents / 100m);
            if (quote.Number == stopAfter)
            {
                lifetime.StopApplication();
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Symbol} {Price}")]
    private static partial void LogPrice(ILogger logger, string symbol, decimal price);

    [LoggerMessage(2, LogLevel.Warning, "The stream ended ({Code}) and begins again in a second: {Reason}")]
    private static partial void LogInterrupted(ILogger logger, ThriftStatusCode code, string reason);
}
// </sample hosting-watcher>
