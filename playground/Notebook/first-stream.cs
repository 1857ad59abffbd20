#:project Support/Playground.csproj
#:property PublishAot=false

// The cells of first-stream.dib as a program: dotnet run first-stream.cs. Written by convert.cs.
using Demo.Echo;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Playground;

var server = await PlaygroundServer.StartAsync();
var channel = ThriftChannel.ForAddress($"grpc://{server.Endpoint}");
var client = new TestServiceClient(channel);
var question = new Request { Message = "What is Thrift streaming?" };

await foreach (var word in client.EchoServerAsync(question))
{
    Console.Write(word.Message);
}

Console.WriteLine();

(await client.EchoServerAsync(question).Take(5).ToListAsync()).ShowTable();

var lengths = await client.EchoServerAsync(question)
    .CountBy(word => word.Message!.Trim().Length)
    .OrderBy(group => group.Key)
    .ToListAsync();
foreach (var (length, count) in lengths)
{
    Console.WriteLine($"{length,2} {new string('#', count)}");
}

var awaited = await client.EchoServerAsync(question).ShowLiveAsync();
var observed = await client.AsObservable().EchoServer(question).ShowLiveAsync();
Console.WriteLine($"{awaited} words awaited, {observed} observed");

await channel.DisposeAsync();
await server.DisposeAsync();
