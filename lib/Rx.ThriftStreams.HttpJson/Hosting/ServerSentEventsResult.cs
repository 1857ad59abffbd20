using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.HttpJson.Answers;
using MadeCallErrors = Rx.ThriftStreams.AspNetCore.Hosting.MadeCallErrors;

namespace Rx.ThriftStreams.HttpJson.Hosting;

/// <summary>Sends what a gateway received from a call as server-sent events, with an end that the caller can recognize.</summary>
/// <param name="values">What to send.</param>
/// <param name="serialize">Writes the data of an event.</param>
internal sealed class ServerSentEventsResult<T>(IAsyncEnumerable<T> values, Func<T, HttpContext, byte[]> serialize) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var aborted = httpContext.RequestAborted;
        var clock = httpContext.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
        Exception? failure = null;
        var response = new StreamResponse(httpContext, StreamFormat.Events, ThriftHttpJsonOptions.DefaultKeepAliveInterval, clock);
        await using (response.ConfigureAwait(false))
        {
            try
            {
                await foreach (var value in values.WithCancellation(aborted).ConfigureAwait(false))
                {
                    var data = serialize(value, httpContext);
                    response.Begin(ThriftMetadata.Empty);
                    await response.SendAsync(data, aborted).ConfigureAwait(false);
                    await response.FlushAsync(aborted).ConfigureAwait(false);
                }
            }
            catch (Exception) when (aborted.IsCancellationRequested || response.IsCallerGone)
            {
                // There is nobody to answer, and the enumeration was disposed.
                return;
            }
            catch (Exception error) when (response.HasBegun)
            {
                failure = error;
            }

            response.Begin(ThriftMetadata.Empty);
            await response.CompleteAsync(failure is null ? null : Problem.OfCallMade(failure), ThriftDynamicJsonOptions.Default, ThriftMetadata.Empty).ConfigureAwait(false);
        }

        if (failure is not null && (failure is not ThriftException || MadeCallErrors.IsUnsent(failure)))
        {
            // Not of the call, whose channel logs it, but a fault of the gateway: for its log.
            ExceptionDispatchInfo.Throw(failure);
        }
    }
}
