using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Middleware;

/// <summary>Code shared by client and server: folds chains once per call, and presents messages as the IDL declares them.</summary>
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

    /// <summary>Converts an object that middleware passed on to the message that travels.</summary>
    /// <param name="given">The object that middleware passed on.</param>
    /// <param name="shown">The object that middleware received.</param>
    /// <param name="message">The message from which that was unwrapped.</param>
    /// <param name="method">The method, for the error message.</param>
    internal static T Take<T>(object given, object? shown, T? message, ThriftMethod method)
        where T : class
    {
        if (message is not null && ReferenceEquals(given, shown))
        {
            return message;
        }

        return given as T ?? throw new InvalidOperationException(
            $"Middleware around the messages of {method.FullName} passed on a {given?.GetType().Name ?? "null"}: a {typeof(T).Name}, or the object that it received, is required.");
    }
}
