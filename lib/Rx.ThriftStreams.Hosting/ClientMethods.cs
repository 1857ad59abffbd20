using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Hosting;

/// <summary>The methods of a service that a client calls, registered under the name of the client.</summary>
internal sealed class ClientMethods
{
    private readonly List<string> _names = [];

    private ClientMethods()
    {
    }

    /// <summary>The names in the IDL, and the full names.</summary>
    internal IReadOnlyList<string> Names => _names;

    internal static ClientMethods Of<TService>()
        where TService : class, IThriftService<TService>
    {
        var methods = new ClientMethods();
        TService.Descriptor.Bind(new Binder<TService>(methods._names));
        return methods;
    }

    private sealed class Binder<TService>(List<string> names) : ThriftServiceBinder<TService>
        where TService : class
    {
        public override void AddBidirectional<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method, Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler) => Add(method);

        public override void AddServerStreaming<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method, Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler) => Add(method);

        public override void AddClientStreaming<TRequest, TResponse>(
            ThriftMethod<TRequest, TResponse> method, Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler) => Add(method);

        public override void AddUnary<TArguments, TResult>(
            ThriftMethod<TArguments, TResult> method, Func<TService, TArguments, CancellationToken, Task<TResult>> handler) => Add(method);

        private void Add(ThriftMethod method) => names.AddRange([method.Name, method.FullName]);
    }
}
