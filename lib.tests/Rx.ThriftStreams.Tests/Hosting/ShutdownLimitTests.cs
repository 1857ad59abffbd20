using Demo.Echo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>A host that waits less for a stop than the server lets calls run says so at its start.</summary>
public sealed class ShutdownLimitTests
{
    [Theory]
    [InlineData(5, 5, true)]
    [InlineData(5, 6, false)]
    [InlineData(40, 30, true)]
    [InlineData(5, 30, false)]
    [InlineData(5, null, false)]
    [InlineData(null, 5, false)]
    public async Task Start_HostThatWaitsLess_Warns(int? server, int? host, bool warns)
    {
        var log = new LogCollector();
        await using var started = await ThriftServer.StartAsync("127.0.0.1:0", builder => builder
            .AddService<ITestService>(new EchoService())
            .Configure(options => options.ShutdownTimeout = Limit(server))
            .Services(services => services.Configure<HostOptions>(options => options.ShutdownTimeout = Limit(host)))
            .Logging(logging => logging.AddProvider(log)));

        var entries = log.Entries.Where(static entry => entry.Level >= LogLevel.Warning);
        if (warns)
        {
            Assert.Equal((LogLevel.Warning, 17), entries.Select(static entry => (entry.Level, entry.Id)).Single());
        }
        else
        {
            Assert.Empty(entries);
        }
    }

    /// <summary>The host of a <see cref="ThriftServer"/> is its own.</summary>
    [Theory]
    [InlineData(5, 30)]
    [InlineData(60, 62)]
    [InlineData(null, null)]
    public async Task Start_ServerWithAHostOfItsOwn_TheHostWaitsLongEnough(int? server, int? host)
    {
        var log = new LogCollector();
        IServiceProvider? services = null;
        await using var started = await ThriftServer.StartAsync("127.0.0.1:0", builder => builder
            .AddService<ITestService>(new EchoService())
            .Configure(options => options.ShutdownTimeout = Limit(server))
            .Map(endpoints => services = endpoints.ServiceProvider)
            .Logging(logging => logging.AddProvider(log)));

        Assert.Equal(Limit(host), services!.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
        Assert.DoesNotContain(log.Entries, static entry => entry.Level >= LogLevel.Warning);
    }

    private static TimeSpan Limit(int? seconds) => seconds is { } some ? TimeSpan.FromSeconds(some) : Timeout.InfiniteTimeSpan;
}
