namespace Rx.ThriftStreams.Options;

/// <summary>A call, as far as what works for it must know.</summary>
internal interface ICallLifetime
{
    /// <summary>Cancelled when the call is over, however it ended.</summary>
    CancellationToken Over { get; }
}
