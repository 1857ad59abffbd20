namespace Rx.ThriftStreams.Transport;

/// <summary>
/// A receive or a send found that the caller has cancelled its call or is lost. To handlers it is an ordinary cancellation; it shows the dispatcher that the caller
/// is the cause, even if the call's token is not cancelled yet.
/// </summary>
internal sealed class CallerGoneException(Exception? cause, CancellationToken aborted) : OperationCanceledException("The caller is gone.", cause, aborted);
