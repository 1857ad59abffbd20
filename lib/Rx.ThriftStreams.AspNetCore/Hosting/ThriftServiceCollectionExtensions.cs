using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;
using Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers what Thrift services need.</summary>
public static class ThriftServiceCollectionExtensions
{
    private const int MaxStreamsPerConnection = 10_000;
    private const int StreamWindowSize = 1024 * 1024;
    private const int ConnectionWindowSize = 8 * 1024 * 1024;

    /// <summary>
    /// Registers what Thrift services need, and <see cref="IThriftServerContextAccessor"/>, and fits Kestrel for streams: 10 000 streams a connection, windows of 1 MiB a stream and
    /// 8 MiB a connection, header values in UTF-8. Settings made after this call win. The life of calls as events can be injected as
    /// <c>IObservable&lt;ThriftStreamEvent&gt;</c>.
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
        services.TryAddSingleton<TTHeaderStreamingHandler>();
        services.TryAddSingleton<PingPongHandler>();
        services.TryAddSingleton<IThriftServerContextAccessor, ThriftServerContextAccessor>();
        services.TryAddScoped<ScopedInstances>();
        services.TryAddSingleton<IObservable<ThriftStreamEvent>>(static provider => provider.GetRequiredService<ThriftServerRuntime>().Events);
        services.Configure<KestrelServerOptions>(static kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindowSize;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowSize;
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.UTF8;
        });
        return services;
    }
}
