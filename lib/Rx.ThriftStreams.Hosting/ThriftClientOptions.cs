using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams;

/// <summary>Settings of a client that the container creates: where it calls, and its channel.</summary>
/// <remarks>
/// Options of the client's name: <c>IOptionsMonitor&lt;ThriftClientOptions&gt;.Get(name)</c>. Read when the client is first resolved: later changes do not affect it, except those of circuit breakers in a configuration that
/// <see cref="ThriftClientBuilderExtensions.BindConfiguration"/> reads.
/// </remarks>
public sealed class ThriftClientOptions
{
    /// <summary>The address, as <see cref="ThriftChannel.ForAddress"/> takes it. Required.</summary>
    public string? Address { get; set; }

    /// <summary>
    /// Settings of the channel. Its <see cref="ThriftChannelOptions.LoggerFactory"/> and <see cref="ThriftChannelOptions.TimeProvider"/> are those of the container, if it
    /// has them.
    /// </summary>
    public ThriftChannelOptions Channel { get; } = new();

    /// <summary>Where the values come from, for errors; <see langword="null"/> if it is code alone.</summary>
    internal IConfigurationSection? Section { get; set; }
}
