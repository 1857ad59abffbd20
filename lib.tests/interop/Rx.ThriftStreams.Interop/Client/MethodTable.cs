using Rx.ThriftStreams.InteropProgram.Idl;

namespace Rx.ThriftStreams.InteropProgram.Client;

/// <summary>The methods that can be called, by name.</summary>
public static class MethodTable
{
    private static readonly Dictionary<string, Func<ThriftChannel, ClientCalls, Task>> Methods = new(StringComparer.Ordinal)
    {
        ["Echo"] = (channel, calls) => calls.BidirectionalAsync(new TestServiceClient(channel).OpenEchoAsync, i => Text(calls, i), Show),
        ["EchoClient"] = (channel, calls) => calls.ClientStreamingAsync(new TestServiceClient(channel).OpenEchoClientAsync, i => Text(calls, i), Show),
        ["EchoServer"] = (channel, calls) => calls.ServerStreamingAsync((options, token) => new TestServiceClient(channel).OpenEchoServerAsync(Text(calls, 0), options, token), Show),
        ["EchoUnary"] = (channel, calls) => calls.UnaryAsync((i, options, token) => new TestServiceClient(channel).OpenEchoUnaryAsync(Text(calls, i), options, token), Show),
        ["EchoPingPong"] = (channel, calls) => calls.UnaryAsync((i, options, token) => new TestServiceClient(channel).OpenEchoPingPongAsync(Text(calls, i), options, token), Show),

        ["BidiEcho"] = (channel, calls) => calls.BidirectionalAsync(new KitchenSinkClient(channel).OpenBidiEchoAsync, _ => Payload(calls), PayloadJson.Of),
        ["ClientStream"] = (channel, calls) => calls.ClientStreamingAsync(new KitchenSinkClient(channel).OpenClientStreamAsync, _ => Payload(calls), PayloadJson.Of),
        ["ServerStream"] = (channel, calls) => calls.ServerStreamingAsync((options, token) => new KitchenSinkClient(channel).OpenServerStreamAsync(Payload(calls), options, token), PayloadJson.Of),
        ["Unary"] = (channel, calls) => calls.UnaryAsync((_, options, token) => new KitchenSinkClient(channel).OpenUnaryAsync(Payload(calls), options, token), PayloadJson.Of),
        ["PingPong"] = (channel, calls) => calls.UnaryAsync((_, options, token) => new KitchenSinkClient(channel).OpenPingPongAsync(Payload(calls), calls.Options.Second, options, token), PayloadJson.Of),
        ["PingPongDefault"] = (channel, calls) => calls.UnaryAsync((_, options, token) => new KitchenSinkClient(channel).OpenPingPongDefaultAsync(Payload(calls), options, token), PayloadJson.Of),
        ["Add"] = (channel, calls) => calls.UnaryAsync((_, options, token) => new KitchenSinkClient(channel).OpenAddAsync(40, 2, options, token), number => Json.Number(number)),
        ["EchoString"] = (channel, calls) => calls.UnaryAsync((i, options, token) => new KitchenSinkClient(channel).OpenEchoStringAsync(calls.Options.TextOf(i) ?? string.Empty, options, token), text => text),
        ["Range"] = (channel, calls) => calls.UnaryAsync((_, options, token) => new KitchenSinkClient(channel).OpenRangeAsync(0, 5, options, token), numbers => $"[{string.Join(' ', numbers)}]"),
        ["DoVoid"] = (channel, calls) => calls.UnaryAsync((i, options, token) => new KitchenSinkClient(channel).OpenDoVoidAsync(calls.Options.TextOf(i) ?? string.Empty, options, token), _ => "<void>"),
        ["Fire"] = (channel, calls) => calls.OnewayAsync((i, options, token) => new KitchenSinkClient(channel).FireAsync(calls.Options.TextOf(i) ?? string.Empty, options, token)),

        ["NoSuchMethod"] = (channel, calls) => calls.UnaryAsync((i, options, token) => new UnknownClient(channel).OpenMethodAsync(Text(calls, i), options, token), Show),
        ["NoSuchService"] = (channel, calls) => calls.UnaryAsync((i, options, token) => new UnknownClient(channel).OpenServiceAsync(Text(calls, i), options, token), Show),
        ["NoSuchBidi"] = (channel, calls) => calls.BidirectionalAsync(new UnknownClient(channel).OpenBidiAsync, i => Text(calls, i), Show),
        ["NoSuchServer"] = (channel, calls) => calls.ServerStreamingAsync((options, token) => new UnknownClient(channel).OpenServerAsync(Text(calls, 0), options, token), Show),
    };

    /// <summary>Calls a method as often as the options say.</summary>
    public static Task CallAsync(string method, ThriftChannel channel, ClientCalls calls)
        => Methods.TryGetValue(method, out var call) ? call(channel, calls)
            : throw new UsageException($"There is no method \"{method}\". Say {string.Join(", ", Methods.Keys)}.");

    private static Request Text(ClientCalls calls, int index) => new() { Message = calls.Options.TextOf(index) };

    private static string Show(Response response) => EventWriter.Show(response.Message);

    private static AllTypes Payload(ClientCalls calls)
    {
        var payload = Samples.Create(calls.Options.Sample);
        payload.FString = calls.Options.Message ?? payload.FString;
        return payload;
    }
}
