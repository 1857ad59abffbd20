using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.HttpJson.Hosting;

namespace Rx.ThriftStreams.HttpJson;

/// <summary>Results of minimal APIs that pass streams of Thrift calls on.</summary>
public static class ThriftResults
{
    /// <summary>Sends texts as server-sent events.</summary>
    /// <param name="texts">The texts, mostly from the responses of a call. A text of several lines is one event.</param>
    /// <inheritdoc cref="ServerSentEvents{T}(IAsyncEnumerable{T})" path="/remarks"/>
    /// <inheritdoc cref="ServerSentEvents{T}(IAsyncEnumerable{T})" path="/returns"/>
    public static IResult ServerSentEvents(IAsyncEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new ServerSentEventsResult<string>(texts, static (text, _) => EventData.OfText(text));
    }

    /// <summary>Sends values as server-sent events, in JSON by the <c>JsonOptions</c> of the application.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="values">The values, mostly the responses of a call.</param>
    /// <returns>The result, which enumerates when it is executed.</returns>
    /// <remarks>
    /// <para>
    /// Unlike with <c>TypedResults.ServerSentEvents</c>, the end of the stream can be recognized, as that of a stream of <c>MapThriftJson</c>: the event <c>end</c> if it was successful, and the event <c>problem</c> if it failed
    /// after the first event. The data of <c>problem</c> are problem details with the members of <c>MapThriftJson</c> and the status and texts of <c>AddThriftProblemDetails</c>.
    /// </para>
    /// <para>
    /// A failure before the first event is thrown, so that the application's exception handler answers it with a status. An error that is not a <see cref="ThriftException"/> is sent as <c>Internal</c>, without its text, and then thrown,
    /// so that it is logged. The enumeration is cancelled when the caller disconnects, which ends the call. A comment is sent every 30 s on which no event is.
    /// </para>
    /// </remarks>
    public static IResult ServerSentEvents<T>(IAsyncEnumerable<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new ServerSentEventsResult<T>(values, EventData.OfValue);
    }
}
