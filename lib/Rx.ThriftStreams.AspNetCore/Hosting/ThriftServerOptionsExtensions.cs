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
        options.StartChecks.Add(MiddlewareClass.Check<TMiddleware>());
        options.StreamMiddleware.Add(MiddlewareClass.Of<TMiddleware>());
        return options;
    }

    /// <summary>Adds a class to <see cref="ThriftServerOptions.SendMiddleware"/>, so that it is around each response of every service, inside what was added before.</summary>
    /// <typeparam name="TMiddleware">The class. See <see cref="IThriftSendMiddleware"/> for how long its objects live.</typeparam>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ThriftServerOptions UseSendMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this ThriftServerOptions options)
        where TMiddleware : class, IThriftSendMiddleware
    {
        ArgumentNullException.ThrowIfNull(options);
        options.StartChecks.Add(MiddlewareClass.Check<TMiddleware>());
        options.SendMiddleware.Add(MiddlewareClass.OfSend<TMiddleware>());
        return options;
    }

    /// <summary>Adds a class to <see cref="ThriftServerOptions.ReceiveMiddleware"/>, so that it is around receiving each request of every service, inside what was added before.</summary>
    /// <typeparam name="TMiddleware">The class. See <see cref="IThriftReceiveMiddleware"/> for how long its objects live.</typeparam>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ThriftServerOptions UseReceiveMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this ThriftServerOptions options)
        where TMiddleware : class, IThriftReceiveMiddleware
    {
        ArgumentNullException.ThrowIfNull(options);
        options.StartChecks.Add(MiddlewareClass.Check<TMiddleware>());
        options.ReceiveMiddleware.Add(MiddlewareClass.OfReceive<TMiddleware>());
        return options;
    }
}
