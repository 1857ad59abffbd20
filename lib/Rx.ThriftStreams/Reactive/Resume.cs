using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Reactive;

public static partial class ThriftStreamOperators
{
    /// <summary>
    /// Resumes a stream that fails: after a failure that the options accept, waits, and enumerates the stream that <paramref name="rest"/> returns for the
    /// last element received. The consumer observes only the pause.
    /// </summary>
    /// <remarks>
    /// The failed enumeration is disposed before the pause. Only the caller knows how to request what follows an element: by an offset, a token, a timestamp.
    /// If the rest begins after <c>Last</c>, each element is delivered once.
    /// </remarks>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <param name="source">The stream of the first attempt.</param>
    /// <param name="rest">Returns the rest of the stream from a point. An exception that it throws propagates to the consumer.</param>
    /// <param name="options">Which failures to resume after, how often, and after which pause; see the defaults of <see cref="ResumeOptions"/>.</param>
    /// <returns>The stream. Its enumeration ends when an attempt completes, and throws the first failure that is not resumed.</returns>
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
            ResumeMeter.Resumed();
            source = rest(new ResumePoint<T>(hasLast, last, failure, failuresInARow))
                ?? throw new InvalidOperationException("The function that returns the rest of the stream returned null. Return an empty stream if nothing follows.");
        }
    }
}
