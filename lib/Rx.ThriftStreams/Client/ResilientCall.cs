using System.Globalization;
using Polly;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Resilience;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Client;

/// <summary>A call of one message each way that may take several attempts: each is a call of its own, on an endpoint that the others have not used.</summary>
internal sealed class ResilientCall<TRequest, TResponse>(
    ThriftInvoker invoker,
    ThriftMethod<TRequest, TResponse> method,
    TRequest request,
    ThriftCallOptions options,
    CallPipeline pipeline,
    TimeSpan? limit,
    TimeProvider clock)
    where TRequest : class, IThriftStruct<TRequest>
    where TResponse : class, IThriftStruct<TResponse>
{
    private const string RetryMark = "RetryReq";
    private const string Pushback = "grpc-retry-pushback-ms";

    private readonly CallAttempts _attempts = new(limit, clock);

    /// <summary>Whether the server call that is being handled is a retry: calls within it make none, so that retries do not multiply along a chain.</summary>
    /// <remarks>Kitex compares the key exactly, which fails for calls that came over gRPC.</remarks>
    internal static bool IsWithinRetry(ThriftServerContext? parent)
    {
        if (parent is not null)
        {
            foreach (var (key, _) in parent.MetaInfo.PersistentValues)
            {
                if (string.Equals(key, RetryMark, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    internal async Task<TResponse> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var budget in pipeline.Budgets)
        {
            budget.CountFirst();
        }

        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(CallPipelines.Attempts, _attempts);
            var outcome = await pipeline.Pipeline.ExecuteOutcomeAsync(static (context, call) => call.AttemptAsync(context.CancellationToken), context, this).ConfigureAwait(false);
            outcome.ThrowIfException();
            return (TResponse)outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Never throws: failures are returned as an outcome, as Polly requires.</summary>
    private async ValueTask<Outcome<object>> AttemptAsync(CancellationToken cancellationToken)
    {
        ClientCall<TRequest, TResponse>? call = null;
        try
        {
            call = await invoker.StartAsync(method, OptionsOf(_attempts.Begin()), cancellationToken).ConfigureAwait(false);
            await SingleRequest.SendAsync(call, request).ConfigureAwait(false);
            return Outcome.FromResult<object>(await call.Responses.ReceiveSingleAsync().ConfigureAwait(false));
        }
        catch (Exception error)
        {
            _attempts.PushbackMilliseconds = PushbackOf(error);
            return Outcome.FromException<object>(error);
        }
        finally
        {
            if (call is not null)
            {
                await call.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private ThriftCallOptions OptionsOf(int attempt)
    {
        var own = options with { Attempts = _attempts, Timeout = TimeoutOfAttempt() };
        if (attempt == 0)
        {
            return own;
        }

        var metaInfo = new ThriftMetaInfo { Persistent = { [RetryMark] = attempt.ToString(CultureInfo.InvariantCulture) } };
        return (new ThriftCallOptions { MetaInfo = metaInfo }).Over(own);
    }

    private TimeSpan? TimeoutOfAttempt()
    {
        var left = _attempts.TimeLeft;
        return CallTimers.IsLimit(pipeline.AttemptTimeout) && !(pipeline.AttemptTimeout >= left) ? pipeline.AttemptTimeout : left ?? options.Timeout;
    }

    /// <summary>What the server asks for; a negative number, or what is not one, means no retry.</summary>
    private static long? PushbackOf(Exception error)
        => error is ThriftStatusException status && status.Trailers.TryGetValue(Pushback, out var text)
            ? int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds : -1
            : null;
}
