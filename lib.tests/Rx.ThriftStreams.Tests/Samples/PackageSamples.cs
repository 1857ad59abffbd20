using Hello;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The code of the packages' readmes, compiled. The programs of the playground and the consumers of the packages run the same.</summary>
internal static class PackageSamples
{
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
