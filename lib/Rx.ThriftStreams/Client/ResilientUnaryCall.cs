using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A call of one message each way that may take several attempts.</summary>
internal sealed class ResilientUnaryCall<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    TRequest request,
    ThriftCallOptions options,
    CallPipeline pipeline,
    (TimeSpan? Call, TimeSpan? Attempt) limits,
    TimeProvider clock) : ResilientCall<TRequest, TResponse>(invoker, method, request, options, pipeline, limits, clock)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    /// <summary>Makes the call.</summary>
    /// <param name="result">Returns the result in a response.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    internal async Task<TResult> RunAsync<TResult>(Func<TResponse, TResult> result, CancellationToken cancellationToken)
    {
        var answer = await RunPipelineAsync(cancellationToken).ConfigureAwait(false);
        return answer is TResponse response ? result(response) : answer is TResult own ? own : throw WrongResult(answer, typeof(TResult));
    }

    protected override async Task<object> AttemptAsync(ThriftCallOptions own, CancellationToken cancellationToken)
    {
        var call = await Invoker.StartAsync(Method, own, cancellationToken).ConfigureAwait(false);
        await using (call.ConfigureAwait(false))
        {
            await SingleRequest.SendAsync(call, Request).ConfigureAwait(false);
            return await call.Responses.ReceiveSingleAsync().ConfigureAwait(false);
        }
    }
}
