using System.Reactive.Linq;
using Demo.Echo;
using Hello;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of the packages' readmes, compiled. The programs of the playground and the consumers of the packages run the same.</summary>
internal static class PackageSamples
{
    public static async Task ClientAsync(CancellationToken cancellationToken)
    {
        // <sample package-core>
        await using ThriftChannel channel = ThriftChannel.ForAddress("grpc://localhost:8888");
        var client = new TestServiceClient(channel);

        await foreach (Response response in client.EchoServerAsync(new Request { Message = "hi" }, cancellationToken))
        {
            Console.WriteLine(response.Message);
        }

        using IDisposable subscription = client.AsObservable().EchoServer(new Request { Message = "hi" })
            .Buffer(10)
            .Subscribe(batch => Console.WriteLine(batch.Count));
        // </sample package-core>
    }

    public static async Task ServerAsync()
    {
        // <sample package-server>
        await using ThriftServer server = await ThriftServer.StartAsync("127.0.0.1:8888", services => services.AddService<IGreeter, GreeterService>());
        await server.WaitForShutdownAsync();
        // </sample package-server>
    }

    public static void Web(WebApplicationBuilder builder)
    {
        // <sample package-web>
        builder.Services.AddThriftStreams();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(8888, listen => listen.UseThriftStreams()));
        WebApplication app = builder.Build();
        app.MapThriftService<IGreeter, GreeterService>();
        // </sample package-web>
    }

    private sealed class GreeterService : IGreeter
    {
        public IAsyncEnumerable<Greeting> GreetAsync(Person person, CancellationToken cancellationToken = default)
            => AsyncEnumerable.Empty<Greeting>();
    }
}
