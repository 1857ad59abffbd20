namespace Rx.ThriftStreams;

/// <summary>Spreads streams over endpoints: creates a picker for each list that the resolver reports.</summary>
/// <remarks>Immutable and thread-safe: one balancer may serve many channels. See <c>ThriftBalancers</c> for those of the library.</remarks>
public abstract class ThriftBalancer
{
    /// <summary>
    /// Whether pickers read <see cref="ThriftCandidate.OpenStreams"/> or <see cref="ThriftCandidate.Latency"/>. The channel then tracks each stream, which costs one
    /// small object a stream. Default <see langword="false"/>.
    /// </summary>
    public virtual bool TracksStreams => false;

    /// <summary>Creates the picker of a list. Called once for each list that differs from the one before, not on the path of a call.</summary>
    /// <param name="candidates">The endpoints, each address once, those of zero and negative weight included. A candidate lives as long as its endpoint is listed.</param>
    public abstract ThriftPicker CreatePicker(IReadOnlyList<ThriftCandidate> candidates);
}

/// <summary>Chooses the endpoint of a stream when the stream is created, never later.</summary>
/// <remarks>Thread-safe: many calls pick at a time. Picking should neither wait nor allocate.</remarks>
public abstract class ThriftPicker
{
    /// <summary>Chooses an endpoint.</summary>
    /// <param name="context">The call. Only candidates for which <see cref="ThriftPickContext.CanPick"/> is <see langword="true"/> may be returned.</param>
    /// <returns>One of the candidates that the picker was created for; <see langword="null"/> if none can be picked.</returns>
    public abstract ThriftCandidate? Pick(in ThriftPickContext context);
}
