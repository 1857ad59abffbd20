using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Middleware;

/// <summary>What the two sides have in common: chains are folded once a call, and messages shown as the IDL names them.</summary>
internal static class MessageMiddleware
{
    /// <summary>The first is the outermost.</summary>
    internal static Func<object, ValueTask> Fold(ThriftSendMiddleware[] chain, ThriftCallContext context, Func<object, ValueTask> last)
    {
        for (var i = chain.Length - 1; i >= 0; i--)
        {
            var (middleware, next) = (chain[i], last);
            last = message => middleware(context, message, next);
        }

        return last;
    }

    /// <inheritdoc cref="Fold(ThriftSendMiddleware[], ThriftCallContext, Func{object, ValueTask})"/>
    internal static Func<ValueTask<object?>> Fold(ThriftReceiveMiddleware[] chain, ThriftCallContext context, Func<ValueTask<object?>> last)
    {
        for (var i = chain.Length - 1; i >= 0; i--)
        {
            var (middleware, next) = (chain[i], last);
            last = () => middleware(context, next);
        }

        return last;
    }

    internal static object Show(object message) => message is IThriftMessageWrapper { Value: { } value } ? value : message;

    /// <summary>The message that travels for one that middleware passed on.</summary>
    /// <param name="given">What middleware passed on.</param>
    /// <param name="shown">What it was shown.</param>
    /// <param name="message">What that was made of.</param>
    /// <param name="method">The method, for the error.</param>
    internal static T Take<T>(object given, object? shown, T? message, ThriftMethod method)
        where T : class
    {
        if (message is not null && ReferenceEquals(given, shown))
        {
            return message;
        }

        return given as T ?? throw new InvalidOperationException(
            $"Middleware around the messages of {method.FullName} passed on a {given?.GetType().Name ?? "null"}: a {typeof(T).Name} or the message itself is needed.");
    }
}
