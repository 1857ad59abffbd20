using System.Globalization;

namespace Rx.ThriftStreams;

/// <summary>What a circuit breaker applies to.</summary>
public enum ThriftCircuitScope
{
    /// <summary>A service and method, over all endpoints.</summary>
    Service,

    /// <summary>One endpoint, over all methods.</summary>
    Endpoint,
}

/// <summary>A stream was not created because too many attempts had failed before, as its circuit breaker counts them. No connection was attempted.</summary>
public sealed class ThriftCircuitOpenException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="scope">What the breaker applies to.</param>
    /// <param name="key">The method's full name, or the endpoint.</param>
    /// <param name="retryAfter">The time until an attempt will be let through again, if known.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public ThriftCircuitOpenException(ThriftCircuitScope scope, string key, TimeSpan? retryAfter, Exception? innerException = null)
        : base(Describe(scope, key, retryAfter), innerException)
    {
        Scope = scope;
        Key = key;
        RetryAfter = retryAfter;
    }

    /// <summary>What the breaker applies to.</summary>
    public ThriftCircuitScope Scope { get; }

    /// <summary>The method's full name, or the endpoint.</summary>
    public string Key { get; }

    /// <summary>The time until an attempt will be let through again; <see langword="null"/> if it is not known.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary><see cref="ThriftStatusCode.Unavailable"/>.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Unavailable;

    private static string Describe(ThriftCircuitScope scope, string key, TimeSpan? retryAfter)
    {
        var whose = scope == ThriftCircuitScope.Service ? "method" : "endpoint";
        var when = retryAfter is { } time
            ? string.Create(CultureInfo.InvariantCulture, $" Try again in {Math.Max(1, Math.Ceiling(time.TotalSeconds)):0} s.")
            : string.Empty;
        return $"The circuit breaker of {whose} {key} is open: too many attempts failed.{when}";
    }
}
