// <sample readme-client>
#:package Rx.ThriftStreams@0.1.0-*
using System.Reactive.Linq;
using Hello;
using Rx.ThriftStreams;

await using ThriftChannel channel = ThriftChannel.ForAddress("grpc://localhost:8888");
var greeter = new GreeterClient(channel);

// As an async stream: each greeting as it arrives.
await foreach (Greeting greeting in greeter.GreetAsync(new Person { Name = "Ada" }))
{
    Console.WriteLine(greeting.Text);
}

// As an observable.
IList<Greeting> greetings = await greeter.AsObservable().Greet(new Person { Name = "Ada" }).ToList();
Console.WriteLine($"{greetings.Count} greetings");
// </sample readme-client>
