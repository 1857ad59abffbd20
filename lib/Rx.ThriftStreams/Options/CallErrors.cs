using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Options;

/// <summary>The errors that calls report themselves, and the conversion of errors to a status.</summary>
internal static class CallErrors
{
    /// <summary>Represents the absence of an error in a call that succeeded.</summary>
    internal static readonly object None = new();

    internal static ThriftStatusException Disposed(ThriftMethod method)
        => new(ThriftStatusCode.Cancelled, $"The call of {method.FullName} was disposed before it ended.") { EndedByUser = true };

    /// <summary>The error of a call made by a handler whose server call is over: it ends for the same reason.</summary>
    internal static ThriftStatusException ParentCancelled(ThriftException? reason) => new(
        reason?.StatusCode ?? ThriftStatusCode.Cancelled,
        $"The server call from which this call was made is over: {reason?.Message ?? "it was cancelled."}",
        reason) { FollowsParent = true };

    internal static bool IsParentCancelled(Exception error) => error is ThriftStatusException { FollowsParent: true };

    internal static InvalidOperationException SendAfterCompletion(ThriftMethod method)
        => new($"The requests of {method.FullName} are complete: nothing can be sent after CompleteAsync.");

    internal static InvalidOperationException NothingReceived() => new("Nothing has been received yet. Await MoveNextAsync first.");

    internal static InvalidOperationException ConcurrentReceive(ThriftMethod method)
        => new($"A receive of {method.FullName} is under way: receive one message at a time.");

    internal static ThriftStatusException EndedBeforeSend(ThriftMethod method)
        => new(ThriftStatusCode.Internal, $"The server has ended the call of {method.FullName}: nothing more can be sent.");

    internal static ThriftProtocolException NoResponse(ThriftMethod method)
        => new($"The server ended the call of {method.FullName} with status OK but without a message.");

    internal static ThriftProtocolException SecondResponse(ThriftMethod method)
        => new($"The server sent a second message, but {method.FullName} has a single response.");

    internal static ThriftStatus ToStatus(Exception? error) => error switch
    {
        null => ThriftStatus.Success,
        ThriftException thrift => new(thrift.StatusCode, thrift.Message),
        OperationCanceledException => new(ThriftStatusCode.Cancelled, error.Message),
        _ => new(ThriftStatusCode.Unknown, error.Message),
    };
}
