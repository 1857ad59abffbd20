using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Etcd;

namespace Rx.ThriftStreams.Tests.Samples;

/// <summary>The samples about etcd. They are compiled and configured here; the tests of the registry run them against a real etcd.</summary>
public sealed class EtcdSamples
{
    [Fact]
    public async Task Channel_WithEtcd_IsCreated()
    {
        const string password = "secret";

        // <sample discovery-etcd>
        var options = new ThriftChannelOptions();
        options.Discovery.UseEtcd(etcd =>
        {
            etcd.Endpoints.Add("https://etcd-1:2379");
            etcd.Endpoints.Add("https://etcd-2:2379");
            etcd.UserName = "reader";
            etcd.Password = password;
        });
        await using var channel = ThriftChannel.ForAddress("ttheader+etcd://echo", options);

        // </sample discovery-etcd>
        Assert.Equal("ttheader+etcd://echo", channel.Address);
    }

    [Fact]
    public void Registration_IsAHostedService()
    {
        var services = new ServiceCollection();

        // <sample discovery-etcd-registration>
        services.AddThriftEtcdRegistration((provider, registration) =>
        {
            registration.Etcd.Endpoints.Add("http://etcd-1:2379");
            registration.Service = "echo";
            registration.Address = "*:8888";
            registration.Tags["zone"] = "a";
        });

        // </sample discovery-etcd-registration>
        Assert.Single(services, static service => service.ServiceType == typeof(IHostedService));
    }

    [Fact]
    public void Configuration_HasASource()
    {
        var services = new ServiceCollection();
        using var configuration = new ConfigurationManager();
        var logger = NullLogger.Instance;

        // <sample discovery-etcd-configuration>
        configuration.AddThriftEtcdKey("/KitexConfig/echo/limit", "Kitex:limit", etcd => etcd.Endpoints.Add("http://etcd-1:2379"), logger);
        services.AddThriftKitexLimits(configuration.GetSection("Kitex:limit"));

        // </sample discovery-etcd-configuration>
        Assert.Contains(services, static service => service.ServiceType == typeof(IConfigureOptions<ThriftTrafficLimits>));
    }
}
