using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Interop;

namespace Rx.ThriftStreams.Tests.Peers;

/// <summary>What this library's client asks of every server of Apache's.</summary>
internal static class ApacheCalls
{
    internal static string Text { get; } = "téxt \"\\/\n\u0001 😀" + new string('x', 1000);

    internal static ThriftChannel Open(string port, string transport, string protocol, string naming)
        => PatientChannel.ForAddress($"{(transport == "http" ? "http" : "ttheader")}://127.0.0.1:{port}", new ThriftChannelOptions
        {
            PingPongTransport = transport switch
            {
                "framed" => ThriftTransport.Framed,
                "buffered" => ThriftTransport.Buffered,
                _ => null,
            },
            PingPong =
            {
                Protocol = protocol switch
                {
                    "compact" => ThriftProtocol.Compact,
                    "json" => ThriftProtocol.Json,
                    _ => ThriftProtocol.Binary,
                },
                StrictBinary = protocol != "oldbinary",
                SendServiceName = naming == "multiplexed",
                HttpPath = "/thrift",
            },
        });

    /// <summary>Calls every method that has an answer.</summary>
    /// <param name="client">This library's client.</param>
    /// <param name="faultType">The type of the exception that the server makes of a handler's fault.</param>
    /// <param name="faultText">Its text.</param>
    internal static async Task AssertAnswersAsync(KitchenSinkClient client, int faultType, string faultText)
    {
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(-1, await client.AddAsync(2, -3, cancellation));
        Assert.Equal([1L, 2, 3], await client.RangeAsync(1, 4, cancellation));
        Assert.Equal(Text, await client.EchoStringAsync(Text, cancellation));
        await client.DoVoidAsync("plain", cancellation);
        var declared = await Assert.ThrowsAsync<SinkException>(() => client.DoVoidAsync("throw:42:why", cancellation));
        Assert.Equal((42, "why"), (declared.Code, declared.Reason));
        var fault = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoStringAsync("fault", cancellation));
        Assert.Equal((faultType, faultText), (fault.Kitex!.Code, fault.Kitex.Text));
    }
}
