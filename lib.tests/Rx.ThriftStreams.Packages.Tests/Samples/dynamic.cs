// <sample readme-dynamic>
#:package Rx.ThriftStreams.Dynamic@0.1.0-*
using Rx.ThriftStreams;
using Rx.ThriftStreams.Dynamic;

ThriftSchema schema = ThriftSchema.FromFile("hello.thrift");
await using ThriftChannel channel = ThriftChannel.ForAddress("grpc://localhost:8888");
var greeter = new ThriftDynamicClient(channel, schema.GetService("Greeter"));

await foreach (string json in greeter.ServerStreamingJsonAsync("Greet", """{"name":"Ada"}"""))
{
    Console.WriteLine(json);
}
// </sample readme-dynamic>
