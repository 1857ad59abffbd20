namespace Rx.ThriftStreams.Hosting;

/// <summary>A health check of one client.</summary>
/// <param name="Client">The name of the client.</param>
/// <param name="Check">The name of the check.</param>
internal sealed record CheckedClient(string Client, string Check);
