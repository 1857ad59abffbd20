using System.Diagnostics.CodeAnalysis;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore.Transports.InProcess;

/// <summary>
/// One call within the process: what its two sides share. Messages travel as bytes, so that each side has its own objects and the codec is exercised;
/// a side that is ahead by <see cref="Capacity"/> messages waits.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor parent: there is nothing to let go of, and both sides may use it to the last.")]
internal sealed class MemoryExchange(ThriftMethod method, ClientCallStart start)
{
    internal const int Capacity = 16;

    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource<ThriftMetadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ThriftMethod Method { get; } = method;

    internal ClientCallStart Start { get; } = start;

    internal MemoryQueue Requests { get; } = new();

    internal MemoryQueue Responses { get; } = new();

    internal CancellationToken Aborted => _aborted.Token;

    internal Task<ThriftMetadata> Headers => _headers.Task;

    internal ThriftMetadata Trailers { get; private set; } = ThriftMetadata.Empty;

    internal IDictionary<string, string> Backward { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How the server ended the call; <see langword="null"/> before the end and after success.</summary>
    internal ThriftException? Error { get; private set; }

    /// <summary>Why the call was cut off; <see langword="null"/> if it was not.</summary>
    internal Exception? AbortedWith { get; private set; }

    internal void SetHeaders(ThriftMetadata headers)
    {
        if (!_headers.Task.IsCompleted)
        {
            _headers.TrySetResult(CopyOf(headers));
        }
    }

    /// <summary>The server has ended the call: what it sent can still be received, and nothing more can be sent to it.</summary>
    internal void End(ThriftException? error, ThriftMetadata trailers)
    {
        Error = error;
        Trailers = trailers;
        _headers.TrySetResult(ThriftMetadata.Empty);
        Responses.Complete();
        Requests.Complete();
    }

    /// <summary>The call is cut off for both sides.</summary>
    internal void Abort(Exception reason)
    {
        AbortedWith = reason;
        Responses.Complete(reason);
        Requests.Complete(reason);
        _headers.TrySetResult(ThriftMetadata.Empty);

        // The handler's callbacks must not run on the thread that aborts.
        _ = _aborted.CancelAsync();
    }

    internal static ThriftMetadata CopyOf(ThriftMetadata metadata)
    {
        var copy = new ThriftMetadata();
        copy.AddRange(metadata);
        return copy;
    }
}
