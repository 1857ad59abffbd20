using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Collects the methods of a service whose calls are forwarded. Of their messages only the bytes matter.</summary>
internal sealed class ProxyMethodBinder<TService>(ProxyTarget target, ThriftServerRuntime runtime) : ThriftServiceBinder<TService>
    where TService : class
{
    private readonly Dictionary<string, ServerMethod> _methods = new(StringComparer.Ordinal);

    internal IReadOnlyDictionary<string, ServerMethod> Methods => _methods;

    public override void AddBidirectional<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler) => Add(method);

    public override void AddServerStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler) => Add(method);

    public override void AddClientStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler) => Add(method);

    public override void AddUnary<TArguments, TResult>(
        ThriftMethod<TArguments, TResult> method,
        Func<TService, TArguments, CancellationToken, Task<TResult>> handler) => Add(method);

    private void Add(ThriftMethod method)
        => _methods.Add(method.Name, new ProxyServerMethod(new(method.Package, method.ServiceName, method.Name, method.Mode, method.IsOneway, method.MemberName), target, runtime));
}
