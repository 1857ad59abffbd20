using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>Handles the calls of a service whose IDL was loaded at run time. Derive from it and override what the service has.</summary>
/// <remarks>
/// One object handles all calls and must be thread-safe. Map it with <c>MapThriftService(service.Descriptor, handler)</c>. Requests have their schema attached. A kind of
/// method that is not overridden is answered with <see cref="ThriftStatusCode.Unimplemented"/>. Exceptions are answered as for any other service; a
/// <see cref="ThriftDynamicException"/> that the method declares reaches the caller as that exception.
/// </remarks>
public abstract class ThriftDynamicHandler
{
    /// <summary>Handles a call of a unary, ping-pong or oneway method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Cancelled when the call ends for any other reason.</param>
    /// <returns>The result, of the kind of <see cref="ThriftMethodSchema.Response"/>; <see langword="null"/> for a method that returns nothing.</returns>
    public virtual Task<ThriftDynamicMessage?> CallAsync(ThriftMethodSchema method, ThriftDynamicMessage arguments, CancellationToken cancellationToken)
        => throw Unimplemented(method);

    /// <summary>Handles a call of a server-streaming method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancelled when the call ends for any other reason.</param>
    public virtual IAsyncEnumerable<ThriftDynamicMessage> ServerStreamingAsync(ThriftMethodSchema method, ThriftDynamicMessage request, CancellationToken cancellationToken)
        => throw Unimplemented(method);

    /// <summary>Handles a call of a client-streaming method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="requests">The requests; they can be enumerated once.</param>
    /// <param name="cancellationToken">Cancelled when the call ends for any other reason.</param>
    public virtual Task<ThriftDynamicMessage> ClientStreamingAsync(
        ThriftMethodSchema method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        CancellationToken cancellationToken)
        => throw Unimplemented(method);

    /// <summary>Handles a call of a bidirectional method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="requests">The requests; they can be enumerated once.</param>
    /// <param name="cancellationToken">Cancelled when the call ends for any other reason.</param>
    public virtual IAsyncEnumerable<ThriftDynamicMessage> DuplexStreamingAsync(
        ThriftMethodSchema method,
        IAsyncEnumerable<ThriftDynamicMessage> requests,
        CancellationToken cancellationToken)
        => throw Unimplemented(method);

    private static ThriftStatusException Unimplemented(ThriftMethodSchema method)
        => new(ThriftStatusCode.Unimplemented, $"The service does not handle methods of the kind {method.Mode}, such as {method}.");
}
