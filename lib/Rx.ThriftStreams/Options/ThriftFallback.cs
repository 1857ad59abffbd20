using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>Makes an implementation of a generated interface a <see cref="ThriftResilienceOptions.Fallback"/>, so that the compiler checks the names and the types of its methods.</summary>
public static class ThriftFallback
{
    /// <summary>
    /// Answers calls that have failed by the same method of an implementation, with the arguments of the call. Derive the implementation from the generated base class: the errors of methods that it does not override, and of
    /// other services, reach the caller.
    /// </summary>
    /// <typeparam name="TService">The generated interface of the service that is called.</typeparam>
    /// <param name="service">The implementation. Called concurrently.</param>
    public static Func<ThriftFallbackContext, ValueTask<object?>> To<TService>(TService service)
        where TService : class, IThriftService<TService>
    {
        ArgumentNullException.ThrowIfNull(service);
        return To<TService>(_ => service);
    }

    /// <summary>The same with an implementation for each call, which may depend on its error; <see langword="null"/> lets the error reach the caller.</summary>
    /// <param name="service">Returns the implementation. Called concurrently.</param>
    /// <inheritdoc cref="To{TService}(TService)"/>
    public static Func<ThriftFallbackContext, ValueTask<object?>> To<TService>(Func<ThriftFallbackContext, TService?> service)
        where TService : class, IThriftService<TService>
    {
        ArgumentNullException.ThrowIfNull(service);
        var methods = new FallbackMethods<TService>();
        TService.Descriptor.Bind(methods);
        return context => methods.AnswerAsync(service, context);
    }
}
