using Rx.ThriftStreams.Balancing;

namespace Rx.ThriftStreams;

/// <summary>The balancers of the library, for <see cref="ThriftChannelOptions.Balancer"/>. Endpoints of zero or negative weight are never picked.</summary>
public static class ThriftBalancers
{
    /// <summary>
    /// Smooth weighted round robin, the default: exact shares over each round, with the streams of a heavy endpoint spread evenly. Plain round robin while all weights are
    /// equal.
    /// </summary>
    public static ThriftBalancer RoundRobin { get; } = new PickerBalancer(static candidates
        => candidates.IsUniform ? new PlainRoundRobinPicker(candidates) : new SmoothRoundRobinPicker(candidates));

    /// <summary>Interleaved weighted round robin: exact shares over each round, with little memory. A heavy endpoint gets the end of each round to itself.</summary>
    public static ThriftBalancer InterleavedRoundRobin { get; } = new PickerBalancer(static candidates
        => candidates.IsUniform ? new PlainRoundRobinPicker(candidates) : new InterleavedPicker(candidates));

    /// <summary>A random endpoint by weight. Takes time in proportion to the number of endpoints; <see cref="Alias"/> does not.</summary>
    public static ThriftBalancer Random { get; } = new PickerBalancer(static candidates => new WeightedRandomPicker(candidates, System.Random.Shared));

    /// <summary>A random endpoint by weight, in constant time: Walker's alias method.</summary>
    public static ThriftBalancer Alias { get; } = new PickerBalancer(static candidates => new AliasPicker(candidates, System.Random.Shared));

    /// <summary>The endpoint with the fewest open streams of this channel in proportion to its weight; equal ones take turns. Takes time in proportion to the number of endpoints.</summary>
    public static ThriftBalancer LeastStreams { get; } = new PickerBalancer(static candidates => new LeastStreamsPicker(candidates), tracksStreams: true);

    /// <summary>
    /// The better of two endpoints that are drawn at random by weight: the one whose <see cref="ThriftCandidate.Latency"/> times its open streams is lower.
    /// </summary>
    public static ThriftBalancer PickTwo { get; } = new PickerBalancer(static candidates => new PickTwoPicker(candidates, System.Random.Shared), tracksStreams: true);

    /// <summary>
    /// Consistent hashing: calls with the same key go to the same endpoint, in every process. An endpoint that leaves moves only its own keys; one that joins
    /// takes its share from the others. The key is <see cref="ThriftCallOptions.HashKey"/>; a call without one fails with an <see cref="ArgumentException"/>.
    /// </summary>
    /// <param name="virtualNodes">
    /// How many points of the ring an endpoint has for each unit of its weight; at least 1. More points make the shares more even and the ring larger. A ring has at most
    /// about a million points; beyond that all endpoints get fewer.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="virtualNodes"/> is less than 1.</exception>
    public static ThriftBalancer ConsistentHash(int virtualNodes = 100) => ConsistentHash(static context => context.Options.HashKey, virtualNodes);

    /// <summary>Consistent hashing by a key of your own.</summary>
    /// <param name="key">Returns the key of a call, from its headers for example. Called for each stream, on many threads; <see langword="null"/> or an empty key fails the call.</param>
    /// <param name="virtualNodes">How many points of the ring an endpoint has for each unit of its weight; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="virtualNodes"/> is less than 1.</exception>
    public static ThriftBalancer ConsistentHash(Func<ThriftPickContext, string?> key, int virtualNodes = 100)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(virtualNodes, 1);
        return new PickerBalancer(candidates => new ConsistentHashPicker(candidates, key, virtualNodes));
    }

    /// <summary>Uses only endpoints that have a tag with that value. When there are none, calls fail.</summary>
    /// <param name="balancer">Spreads streams over them.</param>
    /// <param name="tag">The tag's name.</param>
    /// <param name="value">The value that it must have.</param>
    public static ThriftBalancer Requiring(this ThriftBalancer balancer, string tag, string value) => new TagFilterBalancer(balancer, new(tag, value));

    /// <summary>
    /// Prefers endpoints that have a tag with that value, such as the zone of this process. The others are used when there are none, and by calls for which all of
    /// those have been tried, have an open circuit breaker, or are ejected.
    /// </summary>
    /// <param name="balancer">Spreads streams over each of the two groups.</param>
    /// <param name="tag">The tag's name.</param>
    /// <param name="value">The preferred value.</param>
    public static ThriftBalancer Preferring(this ThriftBalancer balancer, string tag, string value) => new TagPreferenceBalancer(balancer, new(tag, value));
}
