// <sample readme-worker>
#:package Rx.ThriftStreams.Hosting@0.1.0-*
#:package Microsoft.Extensions.Hosting@10.0.14
using Hello;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddThriftClient<IGreeter>(options => options.Address = "grpc://localhost:8888");
builder.Services.AddHostedService<Worker>();
await builder.Build().RunAsync();

internal sealed class Worker(IGreeter greeter, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (Greeting greeting in greeter.GreetAsync(new Person { Name = "Ada" }, stoppingToken))
        {
            Console.WriteLine(greeting.Text);
        }

        lifetime.StopApplication();
    }
}
// </sample readme-worker>
