using System.Runtime.CompilerServices;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A call that shares its connection with others; answers are matched to calls by sequence id.</summary>
internal sealed class MultiplexedPingPongStream<TArguments, TResult>(
    MultiplexedPingPongConnection connection,
    ThriftMethod method,
    ClientCallStart start,
    PingPongRequestWriter writer,
    int sequenceId) : PingPongClientStream<TArguments, TResult>(method, start, writer, sequenceId)
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    private bool _sent;
    private int _left;

    internal override string Peer => connection.Peer;

    internal override void Abort(Exception reason)
    {
        connection.GiveUp(Reply, reason);
        Leave();
    }

    public override ValueTask DisposeAsync()
    {
        connection.GiveUp(Reply, new ObjectDisposedException(nameof(MultiplexedPingPongStream<,>)));
        Leave();
        return default;
    }

    protected override ValueTask SendRequestAsync(ReadOnlyMemory<byte> request)
    {
        _sent = true;
        if (!Method.IsOneway)
        {
            connection.Expect(Reply);
        }

        return connection.SendAsync(request);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    protected override async ValueTask ReceiveReplyAsync()
    {
        if (!_sent)
        {
            throw new InvalidOperationException("The request has not been sent.");
        }

        await Reply.WhenAnsweredAsync().ConfigureAwait(false);
        Leave();
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            connection.Leave();
        }
    }
}
