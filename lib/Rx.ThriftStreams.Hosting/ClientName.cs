namespace Rx.ThriftStreams.Hosting;

/// <summary>The name of a client that was added to a container. One that was added several times is there several times.</summary>
internal sealed record ClientName(string Name);
