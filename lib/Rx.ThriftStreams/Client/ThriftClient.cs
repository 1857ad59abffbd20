using System.ComponentModel;

namespace Rx.ThriftStreams;

/// <summary>The base of generated clients.</summary>
/// <remarks>Thread-safe. A client holds only its channel and options: create as many as needed.</remarks>
public abstract class ThriftClient
{
    /// <summary>Thrift's number for an answer without a result.</summary>
    private const int MissingResultType = 5;

    /// <summary>Creates a client.</summary>
    /// <param name="channel">The channel that its calls use.</param>
    /// <param name="options">Options that its calls inherit, over those of the channel.</param>
    /// <exception cref="ArgumentException">An option is invalid; the message names it.</exception>
    protected ThriftClient(ThriftChannel channel, ThriftCallOptions? options = null) => Invoker = new(channel, options);

    /// <summary>The channel that the client's calls use.</summary>
    public ThriftChannel Channel => Invoker.Channel;

    /// <summary>Makes the calls.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected ThriftInvoker Invoker { get; }

    /// <summary>The error for a response that holds neither a result nor a declared exception.</summary>
    /// <param name="methodName">The method's name in the IDL.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected static ThriftProtocolException MissingResult(string methodName)
        => new($"The answer to {methodName} holds neither a result nor a declared exception.") { Kitex = new(MissingResultType, $"{methodName} failed: unknown result") };
}
