// <sample readme-http-json>
#:package Rx.ThriftStreams.HttpJson@0.1.0-*
using System.Runtime.CompilerServices;
using Hello;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Services.AddThriftStreams();

await using WebApplication app = builder.Build();
app.MapThriftService<IGreeter, GreeterService>();
app.MapThriftJson<IGreeter>();
app.MapThriftOpenApi();
await app.RunAsync("http://localhost:8080");

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
// </sample readme-http-json>
