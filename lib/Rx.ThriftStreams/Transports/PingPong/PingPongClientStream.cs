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

    internal override TResult Current => Reply.Result ?? throw CallErrors.NothingReceived();

    internal override int CurrentSize => Reply.Size;

    /// <summary>The answers of ping-pong calls have no headers: their pairs are <see cref="Backward"/>.</summary>
    internal override Task<ThriftMetadata> Headers => NoHeaders.Task;

    internal override ThriftMetadata Trailers => ThriftMetadata.Empty;

    internal override IReadOnlyDictionary<string, string> Backward => Reply.Backward;

    protected ThriftMethod Method { get; } = method;

    protected PingPongReply<TResult> Reply { get; } = new(method, sequenceId, start);

    internal override ValueTask<int> SendAsync(TArguments message)
    {
        var request = PerThread<ThriftWriteBuffer>.Take();
        int size;
        try
        {
            // A oneway request has no answer that could say so.
            Reply.Asks = !Method.IsOneway && AsksToMultiplex();
            size = writer.Write(request, Method, sequenceId, start, message, Reply.Asks);
        }
        catch (Exception error)
        {
            PerThread<ThriftWriteBuffer>.Return(request);
            if (error is ThriftProtocolException unwritable)
            {
                throw ThriftProtocolException.Unsent(unwritable);
            }

            throw;
        }

        var sending = SendRequestAsync(request.WrittenMemory);
        if (!sending.IsCompletedSuccessfully)
        {
            return AwaitSendAsync(sending, request, size);
        }

        PerThread<ThriftWriteBuffer>.Return(request);
        return new(size);
    }

    /// <summary>Does nothing: the single message is the whole request.</summary>
    internal override ValueTask CompleteAsync() => default;

    internal override ValueTask<bool> ReceiveAsync()
    {
        if (_received || Method.IsOneway)
        {
            return new(false);
        }

        _received = true;
        return ReceiveReplyAsync();
    }

    /// <summary>Whether this request asks the server if calls may share connections: the first one of a connection does.</summary>
    protected abstract bool AsksToMultiplex();

    /// <summary>Sends the request, which must not change until the task has completed.</summary>
    protected abstract ValueTask SendRequestAsync(ReadOnlyMemory<byte> request);

    // Disposes of the buffer: it may resume on another thread than the one that kept it.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> AwaitSendAsync(ValueTask sending, ThriftWriteBuffer request, int size)
    {
        using (request)
        {
            await sending.ConfigureAwait(false);
            return size;
        }
    }

    /// <summary>Waits until <see cref="Reply"/> holds the answer; throws if that is an error.</summary>
    /// <returns><see langword="true"/>.</returns>
    protected abstract ValueTask<bool> ReceiveReplyAsync();
}

/// <summary>The headers of every ping-pong answer.</summary>
internal static class NoHeaders
{
    internal static readonly Task<ThriftMetadata> Task = System.Threading.Tasks.Task.FromResult(ThriftMetadata.Empty);
}
