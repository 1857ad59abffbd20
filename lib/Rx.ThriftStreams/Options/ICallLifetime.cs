namespace Rx.ThriftStreams.Options;

/// <summary>A call, as far as what works for it must know.</summary>
internal interface ICallLifetime
{
    /// <summary>Cancelled when the call is over, however it ended.</summary>
    CancellationToken Over { get; }

    /// <summary>The stream of the call is about to be created on that endpoint.</summary>
    void Tries(string endpoint);
}
