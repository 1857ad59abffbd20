using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transports.TTHeaderStreaming;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.TTHeaderStreaming;

/// <summary>Serves connections that speak TTHeader Streaming. One instance per host.</summary>
internal sealed class TTHeaderStreamingHandler
{
    private readonly ConcurrentDictionary<ThriftMethod, FrameTemplates> _templates = new();

    public TTHeaderStreamingHandler(ThriftServerRuntime runtime, IServiceScopeFactory scopes)
    {
        Runtime = runtime;
        Scopes = scopes;
        Limits = new StreamLimits(runtime.Options.TTHeader.StreamBuffers, runtime.Options.Limits.Message, runtime.Options.Limits.MaxConnectionMemory);
    }

    internal ThriftServerRuntime Runtime { get; }

    internal IServiceScopeFactory Scopes { get; }

    internal StreamLimits Limits { get; }

    internal FrameTemplates TemplatesOf(ThriftMethod method)
        => method.IsUnknown ? new(method.Name) : _templates.GetOrAdd(method, static method => new FrameTemplates(method.Name));

    /// <summary>Serves a connection until it ends; both sides of it are complete then. Never fails.</summary>
    /// <param name="transport">The bytes, from the first one on.</param>
    /// <param name="control">The connection under them.</param>
    /// <param name="connection">What calls learn of the connection.</param>
    /// <param name="stopping">The host stops: new streams are refused, running ones may finish within the time limit, then the connection is closed.</param>
    internal Task RunAsync(IDuplexPipe transport, IConnectionControl control, ServerConnection connection, CancellationToken stopping)
        => new TTHeaderStreamingServerConnection(this, transport, control, connection).RunAsync(stopping);
}
