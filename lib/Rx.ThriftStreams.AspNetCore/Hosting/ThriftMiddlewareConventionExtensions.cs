using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.AspNetCore.Dispatch;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds middleware and rules to Thrift services, inside those that the options have for every service.</summary>
public static class ThriftMiddlewareConventionExtensions
{
    /// <summary>Adds middleware around the calls of the endpoints, or around their messages. What is added first is the outermost.</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <param name="stream">Around the whole handling of each call.</param>
    /// <param name="send">Around sending each response.</param>
    /// <param name="receive">Around receiving each request.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseThriftMiddleware<TBuilder>(
        this TBuilder builder,
        ThriftServerStreamMiddleware? stream = null,
        ThriftSendMiddleware? send = null,
        ThriftReceiveMiddleware? receive = null)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new CallMetadata(stream, send, receive));

    /// <summary>Adds a class around the whole handling of each call of the endpoints.</summary>
    /// <typeparam name="TMiddleware">The class. See <see cref="IThriftServerMiddleware"/> for how long its objects live.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <returns>The same builder.</returns>
    public static IEndpointConventionBuilder UseThriftMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(
        this IEndpointConventionBuilder builder)
        where TMiddleware : class, IThriftServerMiddleware
        => builder.WithMetadata(new CallMetadata(MiddlewareClass.Of<TMiddleware>(), Check: MiddlewareClass.Check<TMiddleware>()));

    /// <summary>Adds a class around sending each response of the endpoints.</summary>
    /// <typeparam name="TMiddleware">The class. See <see cref="IThriftSendMiddleware"/> for how long its objects live.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <returns>The same builder.</returns>
    public static IEndpointConventionBuilder UseThriftSendMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this IEndpointConventionBuilder builder)
        where TMiddleware : class, IThriftSendMiddleware
        => builder.WithMetadata(new CallMetadata(Send: MiddlewareClass.OfSend<TMiddleware>(), Check: MiddlewareClass.Check<TMiddleware>()));

    /// <summary>Adds a class around receiving each request of the endpoints.</summary>
    /// <typeparam name="TMiddleware">The class. See <see cref="IThriftReceiveMiddleware"/> for how long its objects live.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <returns>The same builder.</returns>
    public static IEndpointConventionBuilder UseThriftReceiveMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TMiddleware>(this IEndpointConventionBuilder builder)
        where TMiddleware : class, IThriftReceiveMiddleware
        => builder.WithMetadata(new CallMetadata(Receive: MiddlewareClass.OfReceive<TMiddleware>(), Check: MiddlewareClass.Check<TMiddleware>()));

    /// <summary>Rejects calls of the endpoints by a rule, before their handlers and all middleware run. It comes after <see cref="ThriftServerOptions.RejectRules"/>.</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">What <c>MapThriftService</c> returned, or a group of endpoints.</param>
    /// <param name="rule">The rule.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder RejectThriftCalls<TBuilder>(this TBuilder builder, ThriftRejectRule rule)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(rule);
        return builder.WithMetadata(new CallMetadata(Rule: rule));
    }
}
