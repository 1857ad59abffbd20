using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.Tests.Support;

/// <summary>A web application with one endpoint on the loopback address, as a user would write it.</summary>
internal static class ThriftApplication
{
    public static async Task<WebApplication> StartAsync(
        Action<ListenOptions> listen,
        Action<WebApplication> map,
        Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddLogging().AddRouting().AddThriftStreams();
        services?.Invoke(builder.Services);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen));
        var application = builder.Build();
        map(application);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return application;
    }

    /// <summary>Where the application listens.</summary>
    public static IPEndPoint Endpoint(this WebApplication application)
    {
        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new(IPAddress.Loopback, new Uri(address).Port);
    }
}
