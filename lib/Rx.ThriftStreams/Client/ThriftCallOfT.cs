using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Client;

namespace Rx.ThriftStreams;

/// <summary>An open call of one message each way. Await it for the response.</summary>
/// <typeparam name="TResponse">The type of the response.</typeparam>
public sealed class ThriftCall<TResponse> : ThriftCall
{
    private readonly Task<TResponse> _response;

    internal ThriftCall(ClientCall call, ILogger logger, Task<TResponse> response)
        : base(call, logger) => _response = response;

    /// <summary>Waits for the response.</summary>
    /// <param name="cancellationToken">Stops waiting; the call continues.</param>
    /// <returns>The response; the same every time.</returns>
    /// <exception cref="ThriftException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">This token or that of the call was cancelled.</exception>
    public Task<TResponse> GetResponseAsync(CancellationToken cancellationToken = default) => _response.WaitAsync(cancellationToken);

    /// <summary>Lets the call be awaited: <c>var response = await call;</c> is the same as awaiting <see cref="GetResponseAsync"/>.</summary>
    public TaskAwaiter<TResponse> GetAwaiter() => _response.GetAwaiter();

    /// <summary>Configures how the call is awaited, as <see cref="Task{TResult}.ConfigureAwait(bool)"/>.</summary>
    /// <param name="continueOnCapturedContext">Whether to continue on the captured context.</param>
    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) => _response.ConfigureAwait(continueOnCapturedContext);
}
