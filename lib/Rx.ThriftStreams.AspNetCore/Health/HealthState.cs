using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Health;

/// <summary>The status of the services of a host, by its health checks, if there are any, and by whether the host stops. Thread-safe.</summary>
/// <remarks>
/// Checks run on request. Concurrent callers share a run, and its result is used for a second, so that callers cannot make the checks run more often.
/// </remarks>
internal sealed class HealthState(ThriftServerRuntime runtime, IServiceProvider services)
{
    internal static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HealthCheckService? _checks = services.GetService<HealthCheckService>();
    private Task<HealthReport>? _report;
    private long _askedAt;

    /// <summary>Cancelled when the server begins to stop: from then on every service is <see cref="ServingStatus.NotServing"/>.</summary>
    internal CancellationToken Stopping => runtime.Stopping;

    internal TimeProvider Clock => runtime.Options.TimeProvider;

    /// <summary>The status of a service.</summary>
    /// <param name="service">Its name, with its package or without; empty for the server.</param>
    internal async ValueTask<ServingStatus> StatusOfAsync(string service)
    {
        var name = service[(service.LastIndexOf('.') + 1)..];
        if (service.Length > 0 && !runtime.Services.TryGetService(name, out _))
        {
            return ServingStatus.ServiceUnknown;
        }

        if (Stopping.IsCancellationRequested)
        {
            return ServingStatus.NotServing;
        }

        if (_checks is not null)
        {
            var report = await ReportAsync(_checks).ConfigureAwait(false);
            foreach (var (_, entry) in report.Entries)
            {
                if (entry.Status == HealthStatus.Unhealthy && Concerns(entry, name))
                {
                    return ServingStatus.NotServing;
                }
            }
        }

        return Stopping.IsCancellationRequested ? ServingStatus.NotServing : ServingStatus.Serving;
    }

    /// <summary>A check whose tags include services concerns only those; any other check concerns all services and the server.</summary>
    private bool Concerns(HealthReportEntry entry, string service)
    {
        var isForSome = false;
        foreach (var tag in entry.Tags)
        {
            if (tag == service)
            {
                return true;
            }

            isForSome |= runtime.Services.TryGetService(tag, out _);
        }

        return !isForSome;
    }

    private Task<HealthReport> ReportAsync(HealthCheckService checks)
    {
        lock (_gate)
        {
            if (_report is null || (_report.IsCompleted && Clock.GetElapsedTime(_askedAt) >= Freshness))
            {
                _askedAt = Clock.GetTimestamp();

                // Without the token of a caller: others wait for the same run.
                _report = Task.Run(() => checks.CheckHealthAsync(CancellationToken.None));
            }

            return _report;
        }
    }
}
