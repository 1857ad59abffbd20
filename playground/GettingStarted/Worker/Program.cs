// <sample di-program>
using Greetings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddThriftClient<IGreeter>().BindConfiguration("Clients:Greeter");
builder.Services.AddHostedService<Worker>();
await builder.Build().RunAsync();

/// <summary>Reads a stream from an injected client, and stops the application at its end.</summary>
internal sealed class Worker(IGreeter greeter, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (Greeting word in greeter.GreetAsync(new Person { Name = "Ada" }, stoppingToken))
        {
            Console.WriteLine(word.Text);
        }

        lifetime.StopApplication();
    }
}
// </sample di-program>
