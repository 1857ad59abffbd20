namespace Rx.ThriftStreams;

/// <summary>Receive middleware as a class with dependencies, on either side.</summary>
/// <remarks>
/// <para>On a client one instance serves all calls of a channel: it is thread-safe.</para>
/// <para>
/// On a server it is taken from the services of the call's scope if its class is registered there; otherwise one is created for each call that receives, and disposed after it. All messages of a call pass through the same instance,
/// one at a time.
/// </para>
/// </remarks>
public interface IThriftReceiveMiddleware
{
    /// <inheritdoc cref="ThriftReceiveMiddleware"/>
    ValueTask<object?> InvokeAsync(ThriftCallContext context, Func<ValueTask<object?>> next);
}
