using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Hosting;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what Thrift services need.</summary>
public static class ThriftServiceCollectionExtensions
{
    /// <summary>
    /// Registers what Thrift services need, and <see cref="IThriftServerContextAccessor"/>, and lets Kestrel send and receive header values in UTF-8, and receive into
    /// larger blocks of memory (<see cref="ThriftServerLimits.MaxLargeBlockMemory"/>) where Kestrel was registered before. Kestrel's limits stay as they are; <c>UseThriftStreams()</c> fits them for streams. The life of calls
    /// as events can be injected as <c>IObservable&lt;ThriftStreamEvent&gt;</c>.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddThriftStreams(this IServiceCollection services, Action<ThriftServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<ThriftServerOptions>();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddRouting();
        services.TryAddSingleton<ThriftServerRuntime>();
        LargeBlockPoolFactory.Register(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ReachMatcherPolicy>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<RateLimiterOptions>, RateLimiterRefusals>());
        services.TryAddSingleton<TTHeaderStreamingHandler>();
        services.TryAddSingleton<PingPongDispatcher>();
        services.TryAddSingleton<PingPongHandler>();
        services.TryAddSingleton<HttpPingPongHandler>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, HttpStartCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, Http2StartCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ShutdownLimitCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, OtherRequests>());
        services.TryAddSingleton<IThriftServerContextAccessor, ThriftServerContextAccessor>();
        services.TryAddScoped<ScopedInstances>();
        services.TryAddSingleton<IObservable<ThriftStreamEvent>>(static provider => provider.GetRequiredService<ThriftServerRuntime>().Events);
        services.Configure<KestrelServerOptions>(static kestrel =>
        {
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.UTF8;
        });
        return services;
    }
}
