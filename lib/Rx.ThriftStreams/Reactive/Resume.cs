using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Reactive;

public static partial class ThriftStreamOperators
{
    /// <summary>
    /// Goes on with a stream that broke off: after a failure that the options accept, waits, and enumerates what <paramref name="rest"/> gives for the
    /// last element seen. The consumer notices nothing but the pause.
    /// </summary>
    /// <remarks>
    /// The broken enumeration is disposed before the pause. Only the caller knows how to ask for what comes after an element: by an offset, a token, a timestamp.
    /// A stream that asks with <c>Last</c> excluded delivers each element once.
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The stream as it is first asked for.</param>
    /// <param name="rest">Gives the rest of the stream from a point. What it throws is given to the consumer.</param>
    /// <param name="options">Which failures, how often, after which pause; see the defaults of <see cref="ResumeOptions"/>.</param>
    /// <returns>The stream, whose enumeration ends as the first enumeration that completes, or throws the failure that is not resumed.</returns>
    public static IAsyncEnumerable<T> Resume<T>(
        this IAsyncEnumerable<T> source, Func<ResumePoint<T>, IAsyncEnumerable<T>> rest, ResumeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(rest);
        options ??= ResumeOptions.Default;
        options.Validate();
        return ResumeAsync(source, rest, options);
    }

    private static async IAsyncEnumerable<T> ResumeAsync<T>(
        IAsyncEnumerable<T> source,
        Func<ResumePoint<T>, IAsyncEnumerable<T>> rest,
        ResumeOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        bool hasLast = false;
        T? last = default;
        int failuresInARow = 0;
        while (true)
        {
            Exception? failure = null;
            IAsyncEnumerator<T> enumerator = source.GetAsyncEnumerator(cancellationToken);
            await using (enumerator.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await enumerator.MoveNextAsync().ConfigureAwait(false))
                        {
                            yield break;
                        }
                    }
                    catch (Exception error) when (failuresInARow < options.MaxAttempts
                        && !cancellationToken.IsCancellationRequested
                        && options.ShouldResume(error))
                    {
                        failure = error;
                        break;
                    }

                    failuresInARow = 0;
                    hasLast = true;
                    last = enumerator.Current;
                    yield return last;
                }
            }

            failuresInARow++;
            await Task.Delay(options.Delay(failuresInARow), options.TimeProvider, cancellationToken).ConfigureAwait(false);
            source = rest(new ResumePoint<T>(hasLast, last, failure, failuresInARow))
                ?? throw new InvalidOperationException("The function that gives the rest of the stream returned null. Return an empty stream if there is nothing more.");
        }
    }
}
