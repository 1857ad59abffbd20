// <sample hello>
#:package Rx.ThriftStreams.AspNetCore@0.1.0-*
using System.Runtime.CompilerServices;
using Hello;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore;

await using ThriftServer server = await ThriftServer.StartAsync("127.0.0.1:0", server => server.AddService<IGreeter, GreeterService>());
await using ThriftChannel channel = ThriftChannel.ForAddress($"grpc://{server.Endpoint}");
var greeter = new GreeterClient(channel);

await foreach (Greeting word in greeter.GreetAsync(new Person { Name = "Ada" }))
{
    Console.WriteLine(word.Text);
}

internal sealed class GreeterService : IGreeter
{
    public async IAsyncEnumerable<Greeting> GreetAsync(Person person, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (string word in new[] { "Good", "morning,", person.Name })
        {
            await Task.Delay(200, cancellationToken);
            yield return new Greeting { Text = word };
        }
    }
}
// </sample hello>
