using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.AspNetCore.Dispatch;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>Adds middleware by its class.</summary>
public static class ThriftServerOptionsExtensions
{
    /// <summary>Adds a class to <see cref="ThriftServerOptions.StreamMiddleware"/>, so that it is around the calls of every service, inside what was added before.</summary>
    /// <typeparam name="TMiddleware">The class. See <see cref="IThriftServerMiddleware"/> for how long its objects live.</typeparam>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ThriftServerOptions UseMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this ThriftServerOptions options)
        where TMiddleware : class, IThriftServerMiddleware
    {
        ArgumentNullException.ThrowIfNull(options);
        options.StartChecks.Add(static services => ImplementationChecks.Validate(typeof(TMiddleware), services));
        options.StreamMiddleware.Add(MiddlewareClass.Of<TMiddleware>());
        return options;
    }
}
