namespace Rx.ThriftStreams.Transport;

/// <summary>
/// A receive or a send found that the caller has cancelled its call or is lost. Handlers see an ordinary cancellation; the dispatcher, that it was the caller,
/// also when the token of the call is not cancelled yet.
/// </summary>
internal sealed class CallerGoneException(Exception? cause, CancellationToken aborted) : OperationCanceledException("The caller is gone.", cause, aborted);
