using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transports.PingPong;

/// <summary>A call that shares its connection with others.</summary>
internal sealed class SharedPingPongStream<TArguments, TResult>(
    SharedPingPongConnection connection,
    ThriftMethod method,
    ClientCallStart start,
    PingPongRequestWriter writer,
    int sequenceId) : PingPongClientStream<TArguments, TResult>(method, start, writer, sequenceId)
    where TArguments : class, IThriftStruct<TArguments>
    where TResult : class, IThriftStruct<TResult>
{
    private bool _sent;

    internal override string Peer => connection.Peer;

    internal override void Abort(Exception reason)
    {
        connection.GiveUp(Reply, reason, cancels: _sent);
        connection.Leave(Reply);
    }

    public override ValueTask DisposeAsync()
    {
        connection.GiveUp(Reply, null, cancels: _sent);
        connection.Leave(Reply);
        return default;
    }

    protected override bool AsksToMultiplex() => connection.TakeQuestion();

    protected override ValueTask SendRequestAsync(ReadOnlyMemory<byte> request)
    {
        _sent = true;
        if (!Method.IsOneway)
        {
            connection.Expect(Reply);
        }

        return connection.SendAsync(request);
    }

    protected override ValueTask<bool> ReceiveReplyAsync()
        => _sent ? Reply.WhenAnsweredAsync() : throw new InvalidOperationException("The request has not been sent.");
}
