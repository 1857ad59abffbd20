// <sample readme-server>
#:package Rx.ThriftStreams.AspNetCore@0.1.0-*
using System.Runtime.CompilerServices;
using Hello;
using Rx.ThriftStreams.AspNetCore;

await using ThriftServer server = await ThriftServer.StartAsync("127.0.0.1:8888", server => server.AddService<IGreeter, GreeterService>());
Console.WriteLine($"Listening on grpc://{server.Endpoint}; stop with Ctrl+C.");
await server.WaitForShutdownAsync();

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
// </sample readme-server>
