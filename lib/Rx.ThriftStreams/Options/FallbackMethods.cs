using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Options;

/// <summary>How the methods of a service that have one request are called on an implementation that answers in place of a server.</summary>
internal sealed class FallbackMethods<TService> : ThriftServiceBinder<TService>
    where TService : class
{
    private readonly Dictionary<string, Func<TService, object, CancellationToken, ValueTask<object?>>> _methods = new(StringComparer.Ordinal);

    /// <summary>Calls the method of a call that has failed.</summary>
    /// <returns><see langword="null"/> if nothing implements it.</returns>
    internal ValueTask<object?> AnswerAsync(Func<ThriftFallbackContext, TService?> service, ThriftFallbackContext context)
        => _methods.TryGetValue(context.Method.FullName, out var method) && service(context) is { } implementation
            ? method(implementation, context.Request, context.CancellationToken)
            : default;

    public override void AddBidirectional<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method, Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler)
    {
        // Calls that take a stream of requests have no fallback.
    }

    public override void AddClientStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method, Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler)
    {
        // Likewise.
    }

    public override void AddServerStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method, Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        => _methods[method.FullName] = (service, request, cancellationToken)
            => new(handler(service, (TRequest)request, cancellationToken) is var stream and not UnimplementedStream ? stream : null);

    public override void AddUnary<TArguments, TResult>(
        ThriftMethod<TArguments, TResult> method, Func<TService, TArguments, CancellationToken, Task<TResult>> handler)
        => _methods[method.FullName] = async (service, request, cancellationToken) =>
        {
            try
            {
                return await handler(service, (TArguments)request, cancellationToken).ConfigureAwait(false);
            }
            catch (ThriftStatusException error) when (error.IsUnimplemented)
            {
                return null;
            }
        };
}
