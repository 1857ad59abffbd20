namespace Rx.ThriftStreams.Contracts;

/// <summary>Collects the methods of a service, for who needs no handlers.</summary>
internal sealed class MethodList<TService> : ThriftServiceBinder<TService>
    where TService : class
{
    private readonly List<ThriftMethod> _methods = [];

    /// <summary>The methods of a service, in the order of the IDL, inherited ones first.</summary>
    internal static IReadOnlyList<ThriftMethod> Of(ThriftServiceDescriptor<TService> service)
    {
        var list = new MethodList<TService>();
        service.Bind(list);
        return list._methods;
    }

    public override void AddBidirectional<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method, Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler) => _methods.Add(method);

    public override void AddServerStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method, Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler) => _methods.Add(method);

    public override void AddClientStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method, Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler) => _methods.Add(method);

    public override void AddUnary<TArguments, TResult>(
        ThriftMethod<TArguments, TResult> method, Func<TService, TArguments, CancellationToken, Task<TResult>> handler) => _methods.Add(method);
}
