namespace Rx.ThriftStreams.AspNetCore;

/// <summary>How important a call is when a server cannot handle all of them: <see cref="ThriftLoadSheddingOptions.Priority"/>.</summary>
public enum ThriftCallPriority
{
    /// <summary>Refused first.</summary>
    Low,

    /// <summary>The priority of calls unless another is set.</summary>
    Normal,

    /// <summary>Refused only when the server is close to its limit.</summary>
    High,

    /// <summary>Never refused because of the load of the CPU, and first in the queue.</summary>
    Critical,
}
