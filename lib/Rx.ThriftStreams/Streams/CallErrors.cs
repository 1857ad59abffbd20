using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Streams;

/// <summary>The errors that calls report on their own account, and what any error is as a status.</summary>
internal static class CallErrors
{
    internal static ThriftStatusException Disposed(ThriftMethod method)
        => new(ThriftStatusCode.Cancelled, $"The call of {method.FullName} was disposed before it ended.") { EndedByUser = true };

    private const string ParentCancelledText = "The server call from which this call was made was cancelled.";

    /// <param name="cause">Why it was cancelled, where its transport knows.</param>
    internal static ThriftStatusException ParentCancelled(Exception? cause)
        => new(ThriftStatusCode.Cancelled, ParentCancelledText, cause);

    internal static bool IsParentCancelled(Exception error)
        => error is ThriftStatusException && ReferenceEquals(error.Message, ParentCancelledText);

    internal static InvalidOperationException SendAfterCompletion(ThriftMethod method)
        => new($"The requests of {method.FullName} are complete: nothing can be sent after CompleteAsync.");

    internal static InvalidOperationException ConcurrentReceive(ThriftMethod method)
        => new($"A receive of {method.FullName} is under way: receive one message at a time.");

    internal static ThriftStatusException EndedBeforeSend(ThriftMethod method, ThriftStatus status)
        => new(
            status.IsOK ? ThriftStatusCode.Internal : status.Code,
            status.IsOK
                ? $"The server has ended the call of {method.FullName}: nothing more can be sent."
                : status.Message);

    internal static ThriftProtocolException NoResponse(ThriftMethod method)
        => new($"The server ended the call of {method.FullName} with status OK but without a message.");

    internal static ThriftProtocolException SecondResponse(ThriftMethod method)
        => new($"The server sent a second message where {method.FullName} has one.");

    internal static ThriftStatus ToStatus(Exception? error) => error switch
    {
        null => ThriftStatus.Success,
        ThriftException thrift => new(thrift.StatusCode, thrift.Message),
        OperationCanceledException => new(ThriftStatusCode.Cancelled, error.Message),
        _ => new(ThriftStatusCode.Unknown, error.Message),
    };
}
