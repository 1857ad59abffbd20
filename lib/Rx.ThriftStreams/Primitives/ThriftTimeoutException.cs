using System.Globalization;

namespace Rx.ThriftStreams;

/// <summary>Which limit expired.</summary>
public enum ThriftTimeoutKind
{
    /// <summary>Creating the stream: choosing an endpoint, connecting, sending the request headers.</summary>
    Connect,

    /// <summary>The whole stream, from its creation to its end.</summary>
    Stream,

    /// <summary>A call of one message each way.</summary>
    Rpc,

    /// <summary>One receive.</summary>
    Receive,

    /// <summary>One send.</summary>
    Send,

    /// <summary>A piece of user code under <see cref="ThriftTimeout.CallWithTimeoutAsync"/>.</summary>
    UserCode,

    /// <summary>The first response, from the start of its call.</summary>
    FirstResponse,
}

/// <summary>A time limit of this side expired; <see cref="Kind"/> identifies it.</summary>
public sealed class ThriftTimeoutException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="kind">Which limit expired.</param>
    /// <param name="configured">The limit.</param>
    /// <param name="elapsed">The time that had passed.</param>
    /// <param name="operation">What was limited, for instance the method's full name.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public ThriftTimeoutException(
        ThriftTimeoutKind kind,
        TimeSpan configured,
        TimeSpan elapsed,
        string? operation = null,
        Exception? innerException = null)
        : this("timeout", kind, configured, elapsed, operation, innerException)
    {
    }

    /// <summary>The error of a limit that an option sets, whose name is in the message.</summary>
    internal ThriftTimeoutException(string option, ThriftTimeoutKind kind, TimeSpan configured, TimeSpan elapsed, string? operation, Exception? innerException = null)
        : base(Describe(option, kind, configured, elapsed, operation), innerException)
    {
        Kind = kind;
        Configured = configured;
        Elapsed = elapsed;
    }

    /// <summary>Which limit expired.</summary>
    public ThriftTimeoutKind Kind { get; }

    /// <summary>The limit.</summary>
    public TimeSpan Configured { get; }

    /// <summary>The time that had passed when the expiry was detected.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>
    /// <see cref="ThriftStatusCode.ReceiveDeadlineExceeded"/> for a receive, <see cref="ThriftStatusCode.Unavailable"/> for
    /// connecting, else <see cref="ThriftStatusCode.DeadlineExceeded"/>.
    /// </summary>
    public override ThriftStatusCode StatusCode => Kind switch
    {
        ThriftTimeoutKind.Receive => ThriftStatusCode.ReceiveDeadlineExceeded,
        ThriftTimeoutKind.Connect => ThriftStatusCode.Unavailable,
        _ => ThriftStatusCode.DeadlineExceeded,
    };

    private static string Describe(string option, ThriftTimeoutKind kind, TimeSpan configured, TimeSpan elapsed, string? operation)
    {
        var what = kind switch
        {
            ThriftTimeoutKind.Connect => "Creating the stream",
            ThriftTimeoutKind.Stream => "The stream",
            ThriftTimeoutKind.Rpc => "The call",
            ThriftTimeoutKind.Receive => "A receive",
            ThriftTimeoutKind.Send => "A send",
            ThriftTimeoutKind.FirstResponse => "The first response",
            _ => "User code",
        };
        var of = operation is null ? string.Empty : $" of {operation}";
        if (configured <= TimeSpan.Zero)
        {
            return $"{what}{of} had no time left when it began.";
        }

        // Texts that are the same for the same failure can be grouped. A limit that was noticed late is worth a figure: the process had no time.
        var late = elapsed > 1.5 * configured ? string.Create(CultureInfo.InvariantCulture, $" ({elapsed.TotalMilliseconds:0} ms had passed)") : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"{what}{of} took longer than its {option} of {configured.TotalMilliseconds:0.###} ms{late}.");
    }
}
