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
}
