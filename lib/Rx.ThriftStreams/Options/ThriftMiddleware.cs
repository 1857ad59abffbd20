namespace Rx.ThriftStreams;

/// <summary>Wraps the creation of a client's streams, for calls of every kind. It does not see messages.</summary>
/// <param name="context">The call. Headers, metainfo and some of the options can be changed.</param>
/// <param name="next">Creates the stream. May be called again after it failed, or to replace the stream; streams that are not returned are cancelled.</param>
/// <returns>The stream to use: what <paramref name="next"/> returned, optionally with additional middleware.</returns>
/// <remarks>Throwing fails the call: its stream was not created. It runs outside the circuit breakers, within the call's deadline.</remarks>
public delegate ValueTask<ThriftCreatedStream> ThriftClientStreamMiddleware(ThriftClientContext context, Func<ValueTask<ThriftCreatedStream>> next);

/// <summary>Wraps the whole handling of calls on a server. It does not see messages.</summary>
/// <param name="context">The call.</param>
/// <param name="next">Handles the call: completes when the handler has ended and its messages were sent, or fails with its exception. Call it once.</param>
/// <returns>Completes when the call may end.</returns>
/// <remarks>Throwing ends the call with that error, as if the handler had thrown it. Not calling <paramref name="next"/> refuses the call: throw then.</remarks>
public delegate ValueTask ThriftServerStreamMiddleware(ThriftServerContext context, Func<ValueTask> next);

/// <summary>Wraps sending each message, on either side.</summary>
/// <param name="context">The call.</param>
/// <param name="message">
/// The message: a request on a client, a response on a server. Of unary and ping-pong methods it is the argument (or all in a wrapper, if there are
/// several) and the result or declared exception.
/// </param>
/// <param name="next">Sends the message that is passed to it; for streaming methods that may be another one of the same type. Not calling it drops the message.</param>
/// <returns>Completes when the message was sent.</returns>
public delegate ValueTask ThriftSendMiddleware(ThriftCallContext context, object message, Func<object, ValueTask> next);

/// <summary>Wraps receiving each message, on either side: call <c>next</c> first, then inspect its result.</summary>
/// <param name="context">The call.</param>
/// <param name="next">Receives a message; <see langword="null"/> is the end. Calling it again skips a message.</param>
/// <returns>The message to pass on, which may be another one of the same type for streaming methods; <see langword="null"/> for the end.</returns>
public delegate ValueTask<object?> ThriftReceiveMiddleware(ThriftCallContext context, Func<ValueTask<object?>> next);
