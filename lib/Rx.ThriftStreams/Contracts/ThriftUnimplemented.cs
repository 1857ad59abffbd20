using System.ComponentModel;

namespace Rx.ThriftStreams.Contracts;

/// <summary>What a generated base class returns for a method that is not overridden: a server then answers as for a method that it does not know. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ThriftUnimplemented
{
    /// <summary>A call without a result that has failed.</summary>
    /// <param name="method">The method.</param>
    public static Task CallAsync(ThriftMethod method) => Task.FromException(ErrorOf(method));

    /// <summary>A call that has failed.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="method">The method.</param>
    public static Task<TResult> CallAsync<TResult>(ThriftMethod method) => Task.FromException<TResult>(ErrorOf(method));

    /// <summary>A stream whose enumeration fails.</summary>
    /// <typeparam name="TResponse">The type of the responses.</typeparam>
    /// <param name="method">The method.</param>
    public static IAsyncEnumerable<TResponse> StreamAsync<TResponse>(ThriftMethod method) => new UnimplementedStream<TResponse>(method);

    /// <summary>An observable whose subscription fails.</summary>
    /// <typeparam name="TResult">The type of the elements.</typeparam>
    /// <param name="method">The method.</param>
    public static IObservable<TResult> Observable<TResult>(ThriftMethod method) => System.Reactive.Linq.Observable.Throw<TResult>(ErrorOf(method));

    private static ThriftStatusException ErrorOf(ThriftMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new(ThriftStatusCode.Unimplemented, $"The method \"{method.Name}\" of the service \"{method.ServiceName}\" is not implemented.") { IsUnimplemented = true };
    }
}
