using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Sockets;
using Rx.ThriftStreams.Transport;
using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>The other end of a connection, as its calls see it: who it is, whether it is still there, and where answers go.</summary>
/// <remarks>
/// At first the call that runs writes its answer itself. As soon as a caller sends requests without waiting for answers, these go to a <see cref="BatchWriter"/>, which writes in one go
/// what gathers while it writes; if it takes answers in any order as well, calls run side by side. The reader of the connection switches between two requests, when no call runs; it never
/// switches back.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle; calls may still use its token when the connection has ended.")]
internal sealed class PingPongPeer(
    PipeWriter output,
    ServerConnection connection,
    MessageLimits messageLimits,
    PeerMemory memory,
    TimeProvider clock,
    ConnectionDrain drain,
    Action onClosing) : IPingPongPeer
{
    private readonly CancellationTokenSource _aborted = new();
    private BatchWriter? _shared;
    private SideBySideCalls? _calls;
    private WriteProgress _progress = new(clock);
    private volatile bool _closing;
    private volatile bool _cutOff;

    /// <inheritdoc/>
    public ServerConnection Connection => connection;

    /// <inheritdoc/>
    public string Address { get; } = connection.Peer;

    /// <inheritdoc/>
    public MessageLimits MessageLimits => messageLimits;

    /// <inheritdoc/>
    public CancellationToken Aborted => _aborted.Token;

    /// <inheritdoc/>
    public ThriftException AbortReason => _cutOff
        ? ServerStop.Reason()
        : new ThriftTransportException(ThriftStatusCode.Cancelled, "The connection to the caller was lost.");

    /// <summary>Whether the connection is closed when the calls that run have ended.</summary>
    internal bool IsClosing => _closing;

    /// <summary>How long the write under way has made no progress; zero if there is none.</summary>
    internal TimeSpan StalledFor => _shared?.StalledFor ?? _progress.StalledFor;

    /// <summary>From here on answers are written in one go where they come close together.</summary>
    internal void Gather() => _shared ??= new BatchWriter(output, memory, clock, _ => Abort());

    /// <summary>From here on calls run side by side.</summary>
    internal void Share()
    {
        if (_calls is null)
        {
            Gather();
            Interlocked.Exchange(ref _calls, new SideBySideCalls());
            if (_aborted.IsCancellationRequested)
            {
                _calls!.Abort();
            }
        }
    }

    /// <summary>A call begins that others run beside.</summary>
    internal void Begin(PingPongRequest request) => _calls!.Begin(request);

    /// <summary>Such a call has ended.</summary>
    internal void End(PingPongRequest request) => _calls!.End(request);

    /// <summary>The caller gives up the call with that id.</summary>
    internal void GiveUp(int sequenceId) => _calls?.GiveUp(sequenceId);

    /// <inheritdoc/>
    public async ValueTask AnswerAsync(PingPongAnswer answer, bool close)
    {
        if (close)
        {
            _closing = true;
        }

        if (answer.Request.Type != ThriftMessageType.Oneway && !answer.Request.IsGivenUp)
        {
            var bytes = answer.Finish(closes: _closing || drain.IsDraining);
            memory.Take(bytes.Length);
            try
            {
                if (_shared is { } shared)
                {
                    await AppendAsync(shared, bytes).ConfigureAwait(false);
                }
                else
                {
                    await WriteAsync(bytes).ConfigureAwait(false);
                }
            }
            finally
            {
                memory.Return(bytes.Length);
            }
        }

        if (_closing)
        {
            // Calls that run side by side end while the connection waits for another request.
            onClosing();
        }
    }

    /// <summary>
    /// The connection ends soon. Callers that wait for an answer find it in the answer; those that share the connection are told at once, by the frame that Kitex's
    /// multiplexed servers send: an answer to nobody.
    /// </summary>
    internal void AskToLeave()
    {
        if (Volatile.Read(ref _calls) is not null && _shared is { } shared)
        {
            using var notice = new PingPongAnswer(new PingPongRequest { Form = PingPongForm.TTHeader, Codec = MessageCodec.StrictBinary, Type = ThriftMessageType.Call, Method = "none", SequenceId = 0 });
            notice.SetEmptyResult();
            shared.AppendControl(notice.Finish(closes: true).Span);
        }
    }

    /// <summary>The server does not wait any longer: cancels the calls that run.</summary>
    internal void CutOff()
    {
        _cutOff = true;
        Abort();
    }

    /// <summary>No further request is taken; the calls that run end.</summary>
    internal void Close() => _closing = true;

    /// <summary>The peer is gone: cancels the calls that run. Their callbacks do not belong on the thread that noticed.</summary>
    internal void Abort()
    {
        _ = _aborted.CancelAsync();
        Volatile.Read(ref _calls)?.Abort();
    }

    /// <summary>Nothing more is written.</summary>
    internal void Fail()
    {
        _closing = true;
        _shared?.Fail();
        output.CancelPendingFlush();
        Abort();
    }

    /// <summary>Completes when all answers are written, or cannot be.</summary>
    internal Task WhenIdleAsync() => _shared?.WhenIdleAsync() ?? Task.CompletedTask;

    private static async ValueTask AppendAsync(BatchWriter writer, ReadOnlyMemory<byte> bytes) => await writer.AppendAsync(bytes).ConfigureAwait(false);

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                var part = _progress.Begin(bytes);
                var result = await output.WriteAsync(part).ConfigureAwait(false);
                if (result.IsCompleted || result.IsCanceled)
                {
                    _closing = true;
                    return;
                }

                bytes = bytes[part.Length..];
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The caller went away while its answer was on the way: nobody is left to receive an error.
            _closing = true;
        }
        finally
        {
            _progress.End();
        }
    }
}
