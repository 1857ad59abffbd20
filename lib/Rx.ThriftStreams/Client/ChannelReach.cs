namespace Rx.ThriftStreams.Client;

/// <summary>Whether a channel reaches a server.</summary>
/// <param name="Endpoint">An endpoint that could be connected to; <see langword="null"/> if none could.</param>
/// <param name="Error">Why none could; <see langword="null"/> if one could, or none of them serves.</param>
/// <param name="Endpoints">How many endpoints the channel has.</param>
/// <param name="Usable">How many of them new streams go to: the others are ejected, do not serve, or have an open circuit breaker.</param>
internal sealed record ChannelReach(string? Endpoint, ThriftException? Error, int Endpoints, int Usable);
