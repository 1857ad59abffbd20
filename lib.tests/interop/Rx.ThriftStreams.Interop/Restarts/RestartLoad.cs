using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Restarts;

/// <summary>One way of calling.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Scheme">The scheme of the address.</param>
/// <param name="PingPong">How ping-pong calls travel.</param>
/// <param name="Mode">How their connections are used.</param>
/// <param name="CanSay">Whether the protocol can say that a server stops.</param>
/// <param name="CallAsync">Makes a call.</param>
internal sealed record RestartLoad(
    string Name, string Scheme, ThriftTransport PingPong, ThriftConnectionMode? Mode, bool CanSay, Func<TestServiceClient, string, Task<string?>> CallAsync)
{
    internal static RestartLoad[] All { get; } =
    [
        new("grpc streams", "grpc", ThriftTransport.Grpc, null, true, StreamAsync),
        new("grpc calls", "grpc", ThriftTransport.Grpc, null, true, CallOnceAsync),
        new("ttheader streams", "ttheader", ThriftTransport.TTHeader, null, true, StreamAsync),
        new("ttheader calls", "ttheader", ThriftTransport.TTHeader, null, true, CallOnceAsync),
        new("ttheader multiplexed", "ttheader", ThriftTransport.TTHeader, ThriftConnectionMode.Multiplexed, true, CallOnceAsync),
        new("framed calls", "ttheader", ThriftTransport.Framed, null, false, CallOnceAsync),
        new("buffered calls", "ttheader", ThriftTransport.Buffered, null, false, CallOnceAsync),
    ];

    internal ThriftChannel Open(IEnumerable<string> endpoints) => ThriftChannel.ForAddress($"{Scheme}://{string.Join(',', endpoints)}", new()
    {
        StreamTransport = Scheme == "grpc" ? ThriftTransport.Grpc : ThriftTransport.TTHeaderStreaming,
        PingPongTransport = PingPong,
        Connections = { Mode = Mode },

        // A server that cannot be reached has lost no call: the next one is asked. That it is away for a moment must not count against it.
        Resilience = { ConnectTimeout = TimeSpan.FromSeconds(30), CircuitBreaker = null },
    });

    private static async Task<string?> StreamAsync(TestServiceClient client, string text)
    {
        string? last = null;
        await foreach (var response in client.EchoAsync(Once(text)))
        {
            last = response.Message;
        }

        return last;
    }

    private static async Task<string?> CallOnceAsync(TestServiceClient client, string text) => (await client.EchoPingPongAsync(new() { Message = text })).Message;

    private static async IAsyncEnumerable<Request> Once(string text)
    {
        yield return new Request { Message = text };
        await Task.CompletedTask;
    }
}
