using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>
/// The endpoints of Kestrel, for warnings only: Kestrel does not publish them. Types and names of the members are constants, so that trimming keeps them; a version of Kestrel without them has
/// no endpoints here.
/// </summary>
internal static class KestrelEndpoints
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>The endpoints that a started server listens on; those of code, of the configuration, and of addresses.</summary>
    internal static IReadOnlyCollection<ListenOptions> Bound(KestrelServerOptions kestrel)
        => typeof(KestrelServerOptions).GetProperty("OptionsInUse", Internal)?.GetValue(kestrel) is IEnumerable<ListenOptions> endpoints ? [.. endpoints] : [];

    /// <summary>Whether clients can open connections for HTTP/2. Without TLS, an endpoint for both versions speaks HTTP/1.1.</summary>
    internal static bool SpeaksHttp2(ListenOptions endpoint)
        => endpoint.Protocols == HttpProtocols.Http2
            || (endpoint.Protocols.HasFlag(HttpProtocols.Http2) && endpoint.ToString()?.StartsWith("https", StringComparison.Ordinal) == true);

    /// <summary>The names that code gave to <see cref="KestrelConfigurationLoader.Endpoint(string, Action{EndpointConfiguration})"/> and the configuration does not have, and the paths of the sections that it has.</summary>
    internal static (IReadOnlyCollection<string> Names, IReadOnlyCollection<string> Sections) Unmatched(KestrelServerOptions kestrel)
    {
        if (kestrel.ConfigurationLoader is not { } loader
            || typeof(KestrelConfigurationLoader).GetProperty("EndpointConfigurations", Internal)?.GetValue(loader) is not IDictionary<string, Action<EndpointConfiguration>> configured)
        {
            return ([], []);
        }

        var sections = loader.Configuration.GetSection("Endpoints").GetChildren().ToArray();
        var known = sections.Select(static section => section.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return ([.. configured.Keys.Where(name => !known.Contains(name))], [.. sections.Select(static section => section.Path)]);
    }
}
