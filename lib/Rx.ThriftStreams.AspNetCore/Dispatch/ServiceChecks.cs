namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>What must hold of the services of a host before a port serves them.</summary>
internal static class ServiceChecks
{
    private static readonly ThriftProtocols[] PingPong = [ThriftProtocols.TTHeader, ThriftProtocols.Framed, ThriftProtocols.Buffered, ThriftProtocols.Http];

    /// <summary>Fails if calls could not be authorized, or if those that name no service could not be routed, with the words of Kitex.</summary>
    /// <param name="runtime">The host.</param>
    /// <param name="protocols">The protocols of the port.</param>
    /// <param name="port">Its number; 0 if that is not known yet.</param>
    /// <exception cref="InvalidOperationException">They could not.</exception>
    internal static void Validate(ThriftServerRuntime runtime, ThriftProtocols protocols, int port)
    {
        var hasFallback = false;
        foreach (var fallback in runtime.Fallbacks.All)
        {
            _ = fallback.Access;
            hasFallback = true;
        }

        if (!hasFallback && runtime.Services.All.Count == 0)
        {
            throw new InvalidOperationException("The server has no service to serve. Map one with MapThriftService, or add one with AddService of a ThriftServer.");
        }

        foreach (var method in runtime.Services.Methods)
        {
            CheckHost(method, protocols, port);
        }

        runtime.Traffic.SetMapped();

        // Ports that detect their protocol do not speak HTTP/1.1.
        CheckNames(runtime, protocols & ~ThriftProtocols.Http, port);
    }

    /// <summary>Fails if a method requires a host, which in-process calls cannot name.</summary>
    /// <exception cref="InvalidOperationException">It does.</exception>
    internal static void ValidateInProcess(ThriftServerRuntime runtime)
    {
        runtime.Traffic.SetMapped();
        foreach (var method in runtime.Services.Methods)
        {
            if (method.Access.RequiresHost)
            {
                throw new InvalidOperationException(
                    $"{method.Method.FullName} requires a host, which in-process calls cannot name. Do not call RequireHost for an in-memory server.");
            }
        }
    }

    private static void CheckHost(ServerMethod method, ThriftProtocols protocols, int port)
    {
        const ThriftProtocols Nameless = ThriftProtocols.Framed | ThriftProtocols.Buffered;
        if (method.Access.RequiresHost && !method.Method.IsStreaming && method.Access.IsServed(protocols & Nameless, port))
        {
            throw new InvalidOperationException(
                $"{method.Method.FullName} requires a host, which calls over {protocols & Nameless} cannot name. Restrict the service by RequireThriftProtocols, or the port by UseThriftStreams, to other protocols.");
        }
    }

    /// <summary>Fails if calls that name no service could not be routed, with the words of Kitex.</summary>
    /// <inheritdoc cref="Validate"/>
    internal static void CheckNames(ThriftServerRuntime runtime, ThriftProtocols protocols, int port)
    {
        var options = runtime.Options.PingPong;
        IReadOnlyDictionary<string, ServerMethod>? fallback = null;
        if (options.FallbackService is { } name && !runtime.Services.TryGetService(name, out fallback) && !runtime.Fallbacks.All.Any(proxy => proxy.Service == name || proxy.Service == RawFallback.AnyName))
        {
            throw new InvalidOperationException($"The fallback service [{name}] is not among the services that are mapped.");
        }

        if (options.RefuseWithoutServiceName)
        {
            return;
        }

        foreach (var protocol in PingPong)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var method in runtime.Services.Methods)
            {
                if (method.Access.IsServed(protocols & protocol, port) && !seen.Add(method.Method.Name) && fallback?.ContainsKey(method.Method.Name) != true)
                {
                    throw new InvalidOperationException(
                        $"The method {method.Method.Name} belongs to several services, and calls that name no service could not be routed. Set ThriftServerOptions.PingPong.FallbackService or RefuseWithoutServiceName.");
                }
            }
        }
    }
}
