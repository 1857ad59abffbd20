using System.Globalization;

namespace Rx.ThriftStreams;

/// <summary>Whose circuit breaker it was.</summary>
public enum ThriftCircuitScope
{
    /// <summary>That of a service and method, over all endpoints.</summary>
    Service,

    /// <summary>That of one endpoint, over all methods.</summary>
    Endpoint,
}

/// <summary>A stream was not created because too many creations before it had failed. The network was not touched.</summary>
public sealed class ThriftCircuitOpenException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="scope">Whose breaker it was.</param>
    /// <param name="key">The method's full name, or the endpoint.</param>
    /// <param name="retryAfter">When a creation will be let through again, if known.</param>
    /// <param name="innerException">What the breaker reported.</param>
    public ThriftCircuitOpenException(ThriftCircuitScope scope, string key, TimeSpan? retryAfter, Exception? innerException = null)
        : base(Describe(scope, key, retryAfter), innerException)
    {
        Scope = scope;
        Key = key;
        RetryAfter = retryAfter;
    }

    /// <summary>Whose breaker it was.</summary>
    public ThriftCircuitScope Scope { get; }

    /// <summary>The method's full name, or the endpoint.</summary>
    public string Key { get; }

    /// <summary>The time until a creation will be let through again; <see langword="null"/> if it is not known.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary><see cref="ThriftStatusCode.Unavailable"/>.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Unavailable;

    private static string Describe(ThriftCircuitScope scope, string key, TimeSpan? retryAfter)
    {
        var whose = scope == ThriftCircuitScope.Service ? "method" : "endpoint";
        var when = retryAfter is { } time
            ? string.Create(CultureInfo.InvariantCulture, $" Try again in {time.TotalSeconds:0.###} s.")
            : string.Empty;
        return $"The circuit breaker of {whose} {key} is open: too many streams could not be created.{when}";
    }
}
