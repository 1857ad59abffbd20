namespace Rx.ThriftStreams;

/// <summary>A stream could not be created because no endpoint was found. Circuit breakers do not count it.</summary>
public sealed class ThriftDiscoveryException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="target">What was to be resolved.</param>
    /// <param name="reason">Why there is no endpoint, as a sentence.</param>
    /// <param name="innerException">What the resolver threw, if it failed.</param>
    public ThriftDiscoveryException(string target, string reason, Exception? innerException = null)
        : base($"There is no endpoint for {target}: {reason.TrimEnd('.')}.", innerException)
    {
        Target = target;
    }

    /// <summary>What was to be resolved.</summary>
    public string Target { get; }

    /// <summary><see cref="ThriftStatusCode.Unavailable"/>.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Unavailable;
}
