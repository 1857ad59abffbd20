using Rx.ThriftStreams.Apache;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;
using Thrift;
using Thrift.Protocol;
using Thrift.Transport.Client;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of docs/serialization.md, compiled and run.</summary>
public sealed class SerializationSamples
{
    [Fact]
    public void BytesAndBack()
    {
        // <sample serializer>
        byte[] bytes = ThriftSerializer.SerializeToArray(new Request { Message = "hi" });
        Request copy = ThriftSerializer.Deserialize<Request>(bytes);
        // </sample serializer>

        Assert.Equal("hi", copy.Message);
    }

    [Fact]
    public void Limits()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Request { Message = "far too long" });
        var log = new List<string>();

        // <sample serializer-limits>
        var limits = new ThriftReaderLimits { MaxDepth = 16, MaxStringBytes = 8 };
        try
        {
            ThriftSerializer.Deserialize<Request>(bytes, ThriftProtocol.Binary, limits);
        }
        catch (ThriftProtocolException error)
        {
            log.Add($"byte {error.Offset}, field {error.FieldId}: {error.Message}");
        }
        // </sample serializer-limits>

        Assert.StartsWith("byte 3, field 1: ", Assert.Single(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverAnApacheProtocol()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;

        // <sample apache-bridge>
        using var transport = new TMemoryBufferTransport(new TConfiguration());
        var json = new TJsonProtocol(transport);
        await ThriftProtocolBridge.WriteAsync(new Request { Message = "hi" }, json, cancellationToken);
        // </sample apache-bridge>

        Assert.Equal("""{"1":{"str":"hi"}}""", System.Text.Encoding.UTF8.GetString(transport.GetBuffer().AsSpan(0, transport.Length)));
    }

    [Fact]
    public void AnApacheTypeAsAMessage()
    {
        ApacheNote note = ApacheNote.Full();

        // <sample apache-message>
        byte[] bytes = ThriftSerializer.SerializeToArray(new ApacheMessage<ApacheNote>(note));
        ApacheNote copy = ThriftSerializer.Deserialize<ApacheMessage<ApacheNote>>(bytes).Value;
        // </sample apache-message>

        Assert.Equal(note.Text, copy.Text);
    }
}
