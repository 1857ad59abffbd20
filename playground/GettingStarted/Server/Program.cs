// <sample getting-started-server>
using System.Runtime.CompilerServices;
using Greetings;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.AspNetCore;

string endpoint = args.FirstOrDefault() ?? "127.0.0.1:8888";
await using ThriftServer server = await ThriftServer.StartAsync(endpoint, server => server
    .AddService<IGreeter, GreeterService>()
    .Logging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning)));
Console.WriteLine($"Listening on grpc://{server.Endpoint}");
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

    public IAsyncEnumerable<Greeting> GreetAllAsync(IAsyncEnumerable<Person> requests, CancellationToken cancellationToken = default)
        => requests.Select(person => new Greeting { Text = $"Good morning, {person.Name}." });
}
// </sample getting-started-server>
