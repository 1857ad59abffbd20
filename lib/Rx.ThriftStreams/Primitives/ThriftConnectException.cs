using Rx.ThriftStreams.Primitives;

namespace Rx.ThriftStreams;

/// <summary>A stream could not be created because connecting failed.</summary>
public sealed class ThriftConnectException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="address">The address that was tried.</param>
    /// <param name="innerException">Why it failed.</param>
    public ThriftConnectException(string address, Exception innerException)
        : base(Describe(address, innerException), innerException)
    {
        Address = address;
    }

    /// <summary>The address that was tried, as <c>host:port</c>.</summary>
    public string Address { get; }

    /// <summary><see cref="ThriftStatusCode.Unavailable"/>.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Unavailable;

    private static string Describe(string address, Exception innerException)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        ArgumentNullException.ThrowIfNull(innerException);
        var cause = innerException;
        while (cause is not ConnectHint && cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return $"Cannot connect to {address}: {cause.Message.TrimEnd('.')}.";
    }
}
