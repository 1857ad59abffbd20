using Thrift;
using Thrift.Processor;
using Thrift.Protocol;
using Thrift.Protocol.Entities;
using Thrift.Server;
using Thrift.Transport;
using Thrift.Transport.Client;
using Thrift.Transport.Server;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>Apache Thrift's own library: framed transport, binary protocol, a connection for each caller. It has no streams.</summary>
internal sealed class Apache : Contender
{
    private static readonly TMessage Call = new("Unary", TMessageType.Call, 1);
    private static readonly TMessage Reply = new("Unary", TMessageType.Reply, 1);
    private static readonly TStruct Empty = new("Message");
    private int _port;

    internal override string Name => "ApacheThrift framed";

    internal override bool Has(Shape shape) => shape == Shape.Call;

    internal override Task ServeAsync(int port)
    {
        var server = new TThreadPoolAsyncServer(
            new EchoProcessor(),
            new TServerSocketTransport(port, new TConfiguration()),
            new TFramedTransport.Factory(),
            new TBinaryProtocol.Factory());
        _ = server.ServeAsync(CancellationToken.None);
        return Task.CompletedTask;
    }

    internal override Task ConnectAsync(int port)
    {
        _port = port;
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override async Task CallAsync(string text, Clock clock)
    {
        var counter = clock.NewCounter();
        using var transport = new TFramedTransport(new TSocketTransport("127.0.0.1", _port, new TConfiguration()));
        using var protocol = new TBinaryProtocol(transport);
        if (!transport.IsOpen)
        {
            await transport.OpenAsync(CancellationToken.None);
        }

        while (clock.Runs)
        {
            await WriteAsync(protocol, Call, 1, text, CancellationToken.None);
            Check(await ReadAsync(protocol, CancellationToken.None), text);
            counter.Count++;
        }
    }

    /// <summary>Writes a message with a struct in a field, as generated code does.</summary>
    private static async Task WriteAsync(TProtocol protocol, TMessage message, short field, string? text, CancellationToken cancellationToken)
    {
        await protocol.WriteMessageBeginAsync(message, cancellationToken);
        await protocol.WriteStructBeginAsync(Empty, cancellationToken);
        await protocol.WriteFieldBeginAsync(new TField("message", TType.Struct, field), cancellationToken);
        await protocol.WriteStructBeginAsync(Empty, cancellationToken);
        if (text is not null)
        {
            await protocol.WriteFieldBeginAsync(new TField("text", TType.String, 1), cancellationToken);
            await protocol.WriteStringAsync(text, cancellationToken);
            await protocol.WriteFieldEndAsync(cancellationToken);
        }

        await protocol.WriteFieldStopAsync(cancellationToken);
        await protocol.WriteStructEndAsync(cancellationToken);
        await protocol.WriteFieldEndAsync(cancellationToken);
        await protocol.WriteFieldStopAsync(cancellationToken);
        await protocol.WriteStructEndAsync(cancellationToken);
        await protocol.WriteMessageEndAsync(cancellationToken);
        await protocol.Transport.FlushAsync(cancellationToken);
    }

    private static async Task<string?> ReadAsync(TProtocol protocol, CancellationToken cancellationToken)
    {
        await protocol.ReadMessageBeginAsync(cancellationToken);
        var text = await ReadStructAsync(protocol, cancellationToken);
        await protocol.ReadMessageEndAsync(cancellationToken);
        return text;
    }

    private static async Task<string?> ReadStructAsync(TProtocol protocol, CancellationToken cancellationToken)
    {
        string? text = null;
        await protocol.ReadStructBeginAsync(cancellationToken);
        while (await protocol.ReadFieldBeginAsync(cancellationToken) is { Type: not TType.Stop } field)
        {
            text = field.Type == TType.Struct ? await ReadStructAsync(protocol, cancellationToken) : await protocol.ReadStringAsync(cancellationToken);
            await protocol.ReadFieldEndAsync(cancellationToken);
        }

        await protocol.ReadStructEndAsync(cancellationToken);
        return text;
    }

    private sealed class EchoProcessor : ITAsyncProcessor
    {
        public async Task<bool> ProcessAsync(TProtocol iprot, TProtocol oprot, CancellationToken cancellationToken = default)
        {
            await WriteAsync(oprot, Reply, 0, await ReadAsync(iprot, cancellationToken), cancellationToken);
            return true;
        }
    }
}
