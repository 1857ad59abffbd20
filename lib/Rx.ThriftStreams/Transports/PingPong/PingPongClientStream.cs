using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A ping-pong call as a stream of one message each way.</summary>
internal abstract class PingPongClientStream<TArguments, TResult>(ThriftMethod method, ClientCallStart start, PingPongRequestWriter writer, int sequenceId)
    : ClientTransportStream<TArguments, TResult>
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    private bool _received;

    internal override TResult Current => Reply.Result ?? throw new InvalidOperationException("Nothing has been received.");

    internal override int CurrentSize => Reply.Size;

    /// <summary>The answers of ping-pong calls have no headers: their pairs are <see cref="Backward"/>.</summary>
    internal override Task<ThriftMetadata> Headers => NoHeaders.Task;

    internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

    internal override IReadOnlyDictionary<string, string> Backward => Reply.Backward;

    protected ThriftMethod Method { get; } = method;

    protected PingPongReply<TResult> Reply { get; } = new(method, sequenceId, start.Over);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<int> SendAsync(TArguments message)
    {
        using var request = new ThriftWriteBuffer();
        var size = writer.Write(request, Method, sequenceId, start, message);
        await SendRequestAsync(request.WrittenMemory).ConfigureAwait(false);
        return size;
    }

    /// <summary>Does nothing: the single message is the whole request.</summary>
    internal override ValueTask CompleteAsync() => default;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal override async ValueTask<bool> ReceiveAsync()
    {
        if (_received || Method.IsOneway)
        {
            return false;
        }

        _received = true;
        await ReceiveReplyAsync().ConfigureAwait(false);
        return Reply.Error is { } error ? throw error : true;
    }

    protected abstract ValueTask SendRequestAsync(ReadOnlyMemory<byte> request);

    /// <summary>Waits until <see cref="Reply"/> holds the answer.</summary>
    protected abstract ValueTask ReceiveReplyAsync();
}

/// <summary>The headers of every ping-pong answer.</summary>
internal static class NoHeaders
{
    internal static readonly Task<ThriftMetadata> Task = System.Threading.Tasks.Task.FromResult(ThriftMetadata.Empty);
}
