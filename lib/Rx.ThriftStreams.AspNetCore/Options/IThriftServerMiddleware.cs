namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Middleware around the whole handling of calls, as a class that gets what it needs by its constructor.</summary>
/// <remarks>
/// Taken from the services of the call's scope if its class is registered there; otherwise created for each call and disposed after it. Register one that is thread-safe as a singleton.
/// </remarks>
public interface IThriftServerMiddleware
{
    /// <summary>Handles a call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="next">Handles the call: completes when the handler has ended and its messages were sent, or fails with its exception. Call it once.</param>
    /// <returns>Completes when the call may end.</returns>
    /// <remarks>Throwing ends the call with that error, as if the handler had thrown it. Not calling <paramref name="next"/> refuses the call: throw then.</remarks>
    ValueTask InvokeAsync(ThriftServerContext context, Func<ValueTask> next);
}
