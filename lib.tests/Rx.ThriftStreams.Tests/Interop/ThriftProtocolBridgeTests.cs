using System.IO.Pipelines;
using Rx.ThriftStreams.Apache;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Serialization;
using Thrift;
using Thrift.Protocol;
using Thrift.Transport;
using Thrift.Transport.Client;

namespace Rx.ThriftStreams.Tests.Interop;

public sealed class ThriftProtocolBridgeTests
{
    public enum Apache
    {
        Binary,
        Compact,
        Json,
    }

    [Theory]
    [InlineData(Apache.Binary)]
    [InlineData(Apache.Compact)]
    [InlineData(Apache.Json)]
    public async Task Read_OfWhatTheBridgeWrote_GivesTheValue(Apache kind)
    {
        using var transport = new TMemoryBufferTransport(new TConfiguration());
        await ThriftProtocolBridge.WriteAsync(Sample.Full(), Create(kind, transport), TestContext.Current.CancellationToken);
        transport.Position = 0;

        Sample read = await ThriftProtocolBridge.ReadAsync<Sample>(Create(kind, transport), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equivalent(Sample.Full(), read, strict: true);
        Assert.Equal(transport.Length, transport.Position);
    }

    [Theory]
    [InlineData(Apache.Binary)]
    [InlineData(Apache.Compact)]
    [InlineData(Apache.Json)]
    public async Task ApacheType_ReadsWhatTheBridgeWrote(Apache kind)
    {
        using var transport = new TMemoryBufferTransport(new TConfiguration());
        var note = new Note { Text = "hé", Number = -5, Data = [1, 2, 254], Flags = [true, false, true], Id = 1L << 40 };
        await ThriftProtocolBridge.WriteAsync(note, Create(kind, transport), TestContext.Current.CancellationToken);
        transport.Position = 0;

        var read = new ApacheNote();
        await read.ReadAsync(Create(kind, transport), TestContext.Current.CancellationToken);

        Assert.Equivalent(ApacheNote.Full(), read, strict: true);
    }

    [Theory]
    [InlineData(Apache.Binary)]
    [InlineData(Apache.Compact)]
    [InlineData(Apache.Json)]
    public async Task Bridge_ReadsWhatAnApacheTypeWrote(Apache kind)
    {
        using var transport = new TMemoryBufferTransport(new TConfiguration());
        await ApacheNote.Full().WriteAsync(Create(kind, transport), TestContext.Current.CancellationToken);
        transport.Position = 0;

        Note read = await ThriftProtocolBridge.ReadAsync<Note>(Create(kind, transport), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("hé", read.Text);
        Assert.Equal(-5, read.Number);
        Assert.Equal([1, 2, 254], read.Data);
        Assert.Equal([true, false, true], read.Flags);
        Assert.Equal(1L << 40, read.Id);
    }

    [Fact]
    public async Task Read_FromATransportThatHasNothingYet_WaitsWithoutBlocking()
    {
        var pipe = new Pipe();
        using var transport = new TStreamTransport(pipe.Reader.AsStream(), null, new TConfiguration());
        byte[] bytes = ThriftSerializer.SerializeToArray(Sample.Full());

        Task<Sample> reading = ThriftProtocolBridge.ReadAsync<Sample>(new TBinaryProtocol(transport), cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(reading.IsCompleted);
        foreach (byte[] piece in bytes.Chunk(100))
        {
            await pipe.Writer.WriteAsync(piece, TestContext.Current.CancellationToken);
        }

        Sample read = await reading.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equivalent(Sample.Full(), read, strict: true);
    }

    [Fact]
    public async Task Read_OfAMessageDeeperThanTheLimit_Fails()
    {
        Sample deep = new();
        for (int i = 0; i < 10; i++)
        {
            deep = new Sample { Child = deep };
        }

        using var transport = new TMemoryBufferTransport(ThriftSerializer.SerializeToArray(deep), new TConfiguration());

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(
            () => ThriftProtocolBridge.ReadAsync<Sample>(new TBinaryProtocol(transport), new ThriftReaderLimits { MaxDepth = 5 }, TestContext.Current.CancellationToken));
        Assert.Contains("MaxDepth", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OfJsonWhoseBinaryIsNotBase64_FailsWithTheField()
    {
        using var transport = new TMemoryBufferTransport("""{"3":{"str":"!!!"}}"""u8.ToArray(), new TConfiguration());

        var error = await Assert.ThrowsAsync<ThriftProtocolException>(
            () => ThriftProtocolBridge.ReadAsync<Note>(new TJsonProtocol(transport), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal((short)3, error.FieldId);
        Assert.Contains("Base64", error.Message, StringComparison.Ordinal);
    }

    private static TProtocol Create(Apache kind, TTransport transport) => kind switch
    {
        Apache.Binary => new TBinaryProtocol(transport),
        Apache.Compact => new TCompactProtocol(transport),
        _ => new TJsonProtocol(transport),
    };
}
