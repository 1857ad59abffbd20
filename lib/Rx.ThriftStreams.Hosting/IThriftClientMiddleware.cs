using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams;

/// <summary>Stream middleware as a class with dependencies: <see cref="ThriftClientBuilderExtensions.AddMiddleware{TMiddleware}"/>.</summary>
/// <remarks>One instance serves all calls of a channel: it is thread-safe.</remarks>
public interface IThriftClientMiddleware
{
    /// <inheritdoc cref="ThriftClientStreamMiddleware"/>
    ValueTask<ThriftCreatedStream> InvokeAsync(ThriftClientContext context, Func<ValueTask<ThriftCreatedStream>> next);
}
