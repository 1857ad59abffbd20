// <sample getting-started-client>
using Greetings;
using Rx.ThriftStreams;

string address = args.FirstOrDefault() ?? "grpc://127.0.0.1:8888";
await using ThriftChannel channel = ThriftChannel.ForAddress(address);
var greeter = new GreeterClient(channel);

await foreach (Greeting word in greeter.GreetAsync(new Person { Name = "Ada" }))
{
    Console.Write($"{word.Text} ");
}

Console.WriteLine();

string[] names = ["Grace", "Edsger", "Barbara"];
IAsyncEnumerable<Person> people = names.ToAsyncEnumerable().Select(name => new Person { Name = name });
await foreach (Greeting greeting in greeter.GreetAllAsync(people))
{
    Console.WriteLine(greeting.Text);
}
// </sample getting-started-client>
