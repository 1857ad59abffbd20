using System.Diagnostics;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>A call that failed, for <see cref="ThriftResilienceOptions.Fallback"/>.</summary>
[DebuggerDisplay("{Method} {Error}")]
public sealed class ThriftFallbackContext
{
    internal ThriftFallbackContext(ThriftMethod method, object request, ThriftCallOptions options, ThriftException error, CancellationToken cancellationToken)
    {
        Method = method;
        Request = request;
        Options = options;
        Error = error;
        CancellationToken = cancellationToken;
    }

    /// <summary>The method.</summary>
    public ThriftMethod Method { get; }

    /// <summary>The request of a server-streaming method. For other methods the generated message that wraps the arguments.</summary>
    public object Request { get; }

    /// <summary>The options of the call, merged with those of its client and channel.</summary>
    public ThriftCallOptions Options { get; }

    /// <summary>How the last attempt failed.</summary>
    public ThriftException Error { get; }

    /// <summary>Cancelled when the caller gives up. The time limits of the call do not cancel it: it may be called because they have passed.</summary>
    public CancellationToken CancellationToken { get; }
}
