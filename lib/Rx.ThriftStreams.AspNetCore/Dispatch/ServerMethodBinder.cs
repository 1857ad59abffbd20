using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Collects the methods of a service as <see cref="ServerMethod"/>s.</summary>
internal sealed class ServerMethodBinder<TService>(Func<IServiceProvider, TService> activate, ThriftServerRuntime runtime)
    : ThriftServiceBinder<TService>
    where TService : class
{
    private readonly Dictionary<string, ServerMethod> _methods = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, ServerMethod> Methods => _methods;

    public override void AddBidirectional<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        => _methods.Add(method.Name, new BidirectionalServerMethod<TService, TRequest, TResponse>(method, activate, runtime, handler));

    public override void AddServerStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        => _methods.Add(method.Name, new ServerStreamingServerMethod<TService, TRequest, TResponse>(method, activate, runtime, handler));

    public override void AddClientStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler)
        => _methods.Add(method.Name, new ClientStreamingServerMethod<TService, TRequest, TResponse>(method, activate, runtime, handler));

    public override void AddUnary<TArguments, TResult>(
        ThriftMethod<TArguments, TResult> method,
        Func<TService, TArguments, CancellationToken, Task<TResult>> handler)
        => _methods.Add(method.Name, new UnaryServerMethod<TService, TArguments, TResult>(method, activate, runtime, handler));
}
