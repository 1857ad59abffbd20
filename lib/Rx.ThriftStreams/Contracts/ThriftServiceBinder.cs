using System.ComponentModel;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Contracts;

/// <summary>Receives the methods of a service, each with a delegate that calls an implementation. Servers derive from it.</summary>
/// <typeparam name="TService">The service interface.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ThriftServiceBinder<TService>
    where TService : class
{
    /// <summary>Adds a <see cref="ThriftStreamingMode.Bidirectional"/> method.</summary>
    public abstract void AddBidirectional<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>;

    /// <summary>Adds a <see cref="ThriftStreamingMode.Server"/> method.</summary>
    public abstract void AddServerStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, TRequest, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>;

    /// <summary>Adds a <see cref="ThriftStreamingMode.Client"/> method.</summary>
    public abstract void AddClientStreaming<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        Func<TService, IAsyncEnumerable<TRequest>, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>;

    /// <summary>Adds a <see cref="ThriftStreamingMode.Unary"/> or <see cref="ThriftStreamingMode.PingPong"/> method, <c>oneway</c> ones included.</summary>
    /// <param name="method">The method, over its argument and result wrappers.</param>
    /// <param name="handler">Calls the implementation; declared exceptions are caught into the result.</param>
    public abstract void AddUnary<TArguments, TResult>(
        ThriftMethod<TArguments, TResult> method,
        Func<TService, TArguments, CancellationToken, Task<TResult>> handler)
        where TArguments : class, IThriftStruct<TArguments>
        where TResult : class, IThriftStruct<TResult>;
}
