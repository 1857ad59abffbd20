using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Warns at the start if the host would not wait for the calls that the server lets run when it stops.</summary>
internal sealed partial class ShutdownLimitCheck(ThriftServerRuntime runtime, IOptions<HostOptions> host) : IHostedService
{
    // What .NET gives a host by default.
    private static readonly TimeSpan LeastHostLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long a host has to wait for a server that lets calls run for that long.</summary>
    internal static TimeSpan HostLimitFor(TimeSpan limit)
    {
        if (!CallTimers.IsLimit(limit))
        {
            return Timeout.InfiniteTimeSpan;
        }

        var needed = limit + (2 * ConnectionDrain.LimitAfterCutOff);
        return needed > LeastHostLimit ? needed : LeastHostLimit;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var limit = runtime.Options.ShutdownTimeout;
        var hostLimit = host.Value.ShutdownTimeout;
        if (CallTimers.IsLimit(limit) && CallTimers.IsLimit(hostLimit) && hostLimit - ConnectionDrain.LimitAfterCutOff < limit)
        {
            LogHostStopsFirst(runtime.Logger, hostLimit, limit, ConnectionDrain.LimitAfterCutOff);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(17, LogLevel.Warning, "The host waits {HostLimit} for its services to stop, less than calls may run: ThriftServerOptions.ShutdownTimeout is {Limit}, and cut off calls have {Grace} to end. Connections will be aborted before that. Set HostOptions.ShutdownTimeout to more than both together, or ThriftServerOptions.ShutdownTimeout to less.", EventName = "HostStopsFirst")]
    private static partial void LogHostStopsFirst(ILogger logger, TimeSpan hostLimit, TimeSpan limit, TimeSpan grace);
}
