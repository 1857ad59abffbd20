using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A call that has a connection to itself until its answer has come.</summary>
internal sealed class ExclusivePingPongStream<TArguments, TResult>(
    PingPongConnection connection,
    ThriftMethod method,
    ClientCallStart start,
    PingPongRequestWriter writer,
    int sequenceId) : PingPongClientStream<TArguments, TResult>(method, start, writer, sequenceId)
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    private int _released;

    internal override string Peer => connection.Peer;

    internal override void Abort(Exception reason)
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            connection.Abort(reason);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        // Without an answer the connection is in the middle of a call, and another call cannot use it. The same after a oneway call: nothing says when its handler has ended,
        // for which the next call would wait on a server that handles requests in order, nor that the server will not answer or close.
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return;
        }

        if (Method.IsOneway && connection.AnswersOneway)
        {
            _ = connection.LingerAsync(Reply);
        }
        else
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    protected override bool AsksToMultiplex() => connection.TakeQuestion();

    protected override ValueTask SendRequestAsync(ReadOnlyMemory<byte> request) => connection.SendAsync(request);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<bool> ReceiveReplyAsync()
    {
        await connection.ReceiveAsync(Reply).ConfigureAwait(false);
        if (Reply.OffersMultiplexing)
        {
            connection.OnOffer();
        }

        if (Reply.KeepsConnection && Interlocked.Exchange(ref _released, 1) == 0)
        {
            connection.Release();
        }

        return Reply.Error is { } error ? throw error : true;
    }
}
