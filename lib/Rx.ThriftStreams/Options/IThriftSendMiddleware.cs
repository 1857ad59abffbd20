namespace Rx.ThriftStreams;

/// <summary>Send middleware as a class with dependencies, on either side.</summary>
/// <remarks>
/// <para>On a client one instance serves all calls of a channel: it is thread-safe.</para>
/// <para>
/// On a server it is taken from the services of the call's scope if its class is registered there; otherwise one is created for each call that sends, and disposed after it. All messages of a call pass through the same instance,
/// one at a time.
/// </para>
/// </remarks>
public interface IThriftSendMiddleware
{
    /// <inheritdoc cref="ThriftSendMiddleware"/>
    ValueTask InvokeAsync(ThriftCallContext context, object message, Func<object, ValueTask> next);
}
