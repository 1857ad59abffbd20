using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>A class as middleware.</summary>
internal static class MiddlewareClass
{
    internal static ThriftServerStreamMiddleware Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>()
        where TMiddleware : class, IThriftServerMiddleware
    {
        var get = ServiceFactory.Of<TMiddleware>();
        return (context, next) => get(context.Services).InvokeAsync(context, next);
    }

    internal static ThriftSendMiddleware OfSend<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>()
        where TMiddleware : class, IThriftSendMiddleware
    {
        var get = OncePerCall(ServiceFactory.Of<TMiddleware>());
        return (context, message, next) => get(context).InvokeAsync(context, message, next);
    }

    internal static ThriftReceiveMiddleware OfReceive<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>()
        where TMiddleware : class, IThriftReceiveMiddleware
    {
        var get = OncePerCall(ServiceFactory.Of<TMiddleware>());
        return (context, next) => get(context).InvokeAsync(context, next);
    }

    internal static Action<IServiceProvider> Check<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>()
        => static services => ImplementationChecks.Validate(typeof(TMiddleware), services);

    /// <summary>The messages of a call share an instance. Those of one direction are handled one after the other, and each direction has a key of its own.</summary>
    private static Func<ThriftCallContext, T> OncePerCall<T>(Func<IServiceProvider, T> get)
        where T : class
    {
        var key = new object();
        return context =>
        {
            if (context.Items.TryGetValue(key, out var known))
            {
                return (T)known!;
            }

            var created = get(((ThriftServerContext)context).Services);
            context.Items[key] = created;
            return created;
        };
    }
}
