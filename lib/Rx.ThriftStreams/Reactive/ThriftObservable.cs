using System.Reactive;
using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Reactive;

/// <summary>
/// The bridges between streams that are pulled (<see cref="IAsyncEnumerable{T}"/>, <see cref="Task{TResult}"/>) and streams that are pushed
/// (<see cref="IObservable{T}"/>). Each is bounded and cold.
/// </summary>
public static class ThriftObservable
{
    /// <summary>
    /// Presents a stream as a cold observable: each subscription enumerates <paramref name="source"/> again, which for a call means a new RPC.
    /// Elements are pulled one at a time: the next one is requested when <c>OnNext</c> has returned, and nothing is buffered.
    /// </summary>
    /// <remarks>
    /// <para>The enumeration starts in <c>Subscribe</c> and notifications arrive on whichever thread completes <c>MoveNextAsync</c>; <c>ObserveOn</c> moves them
    /// to another one, with a queue that has no bound. The enumerator is disposed before <c>OnCompleted</c> or <c>OnError</c> is called.</para>
    /// <para>Disposing the subscription cancels the enumeration's token and, when the pending <c>MoveNextAsync</c> has ended, disposes the enumerator;
    /// no notification follows. A cancellation that the disposal caused is silent; any other is sent to <c>OnError</c>.</para>
    /// <para>An exception thrown <em>by the observer</em> cancels the enumeration, too. It goes to <paramref name="observerFaulted"/> if that is set; otherwise it is
    /// thrown from <c>Subscribe</c> if that has not returned yet, and afterwards raises <see cref="TaskScheduler.UnobservedTaskException"/>
    /// and, if <paramref name="source"/> are the messages of a call, is logged at once. A subscription without <c>onError</c> throws the errors
    /// of the source. A failure of the source after disposal, when there is no observer left, surfaces in the same places.</para>
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="observerFaulted">Receives exceptions that the observer throws; <see langword="null"/> for the behaviour in the remarks.</param>
    /// <returns>The cold observable.</returns>
    public static IObservable<T> AsColdObservable<T>(this IAsyncEnumerable<T> source, Action<Exception>? observerFaulted = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ColdObservable<T>(source, observerFaulted);
    }

    /// <summary>
    /// Presents an observable as a stream with a bounded buffer in between: each enumeration subscribes again at its first <c>MoveNextAsync</c>, and leaving it,
    /// or cancelling its token, disposes the subscription and releases a waiting producer.
    /// </summary>
    /// <remarks>
    /// Elements that are already buffered are delivered before the observable's error or end. While elements are buffered <c>MoveNextAsync</c>
    /// completes synchronously. Producers that break the rules of Rx and call <c>OnNext</c> concurrently are serialized.
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The observable.</param>
    /// <param name="options">Capacity and policy of the buffer; <see langword="null"/> for 128 elements and <see cref="OverflowPolicy.Wait"/>.</param>
    /// <returns>The stream.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is less than 1, or the policy is not defined.</exception>
    public static IAsyncEnumerable<T> AsBoundedStream<T>(this IObservable<T> source, ObservableBufferOptions? options = null)
        => source.AsBoundedStream(options, CancellationToken.None);

    /// <summary>Like <see cref="AsBoundedStream{T}(IObservable{T}, ObservableBufferOptions?)"/>, with a token that ends every enumeration in addition to the enumeration's own.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="source">The observable.</param>
    /// <param name="options">The buffer; the defaults if <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends an enumeration with an <see cref="OperationCanceledException"/> and unsubscribes.</param>
    /// <returns>The stream. It subscribes only when it is enumerated.</returns>
    public static IAsyncEnumerable<T> AsBoundedStream<T>(this IObservable<T> source, ObservableBufferOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= ObservableBufferOptions.Default;
        options.Validate();
        return new BoundedStream<T>(source, options, cancellationToken);
    }

    /// <summary>
    /// Presents a call with one answer as a cold observable of one element: each subscription starts the call, and disposing it cancels the call's token.
    /// Notifications follow the rules of <see cref="AsColdObservable{T}"/>.
    /// </summary>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <param name="call">Starts the call.</param>
    /// <returns>An observable that sends the answer and completes, or sends the call's error.</returns>
    public static IObservable<T> FromCall<T>(Func<CancellationToken, Task<T>> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return new ColdObservable<T>(new CallStream<T>(call), null);
    }

    /// <summary>Presents a call without an answer as a cold observable that sends <see cref="Unit"/> when the call has succeeded; otherwise like <see cref="FromCall{T}"/>.</summary>
    /// <param name="call">Starts the call.</param>
    /// <returns>An observable that sends one <see cref="Unit"/> and completes, or sends the call's error.</returns>
    public static IObservable<Unit> FromCall(Func<CancellationToken, Task> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return FromCall(async cancellationToken =>
        {
            await call(cancellationToken).ConfigureAwait(false);
            return Unit.Default;
        });
    }

    /// <summary>Subscribes immediately and returns the observable's only element once the observable has completed.</summary>
    /// <remarks>Not an extension method, to avoid ambiguity with that of System.Reactive, which returns the last of any number of elements.</remarks>
    /// <typeparam name="T">The type of the element.</typeparam>
    /// <param name="source">The observable; it must send exactly one element and complete.</param>
    /// <param name="cancellationToken">Disposes the subscription and cancels the task.</param>
    /// <returns>
    /// A task with the element. It fails with the observable's error; with <see cref="InvalidOperationException"/> if the observable completes
    /// without an element, or as soon as it sends a second one, which also disposes the subscription.
    /// </returns>
    public static Task<T> ToTask<T>(IObservable<T> source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return SingleObserver<T>.SubscribeTo(source, cancellationToken);
    }

    private sealed class CallStream<T>(Func<CancellationToken, Task<T>> call) : IAsyncEnumerable<T>
    {
        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken) => RunAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

        private async IAsyncEnumerable<T> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return await call(cancellationToken).ConfigureAwait(false);
        }
    }
}
