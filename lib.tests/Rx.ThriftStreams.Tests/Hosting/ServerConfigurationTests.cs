using System.Net;
using Demo.Echo;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Hosting;

/// <summary>Options and limits of a server from sections of the configuration.</summary>
public sealed class ServerConfigurationTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Fact]
    public void AddThriftStreams_WithASection_ReadsEachOptionThatTextCanExpress()
    {
        var keys = OptionKeys.Of(typeof(ThriftServerOptions)).ToDictionary(key => $"Thrift:{key.Key}", key => (string?)key.Value);

        var options = Build(keys).GetRequiredService<IOptions<ThriftServerOptions>>().Value;

        Assert.Contains("Thrift:Limits:MaxConnectionAge", keys.Keys);
        Assert.True(options.RevealErrors);
        Assert.Equal("/text", options.HttpProbePath);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Limits.MaxConnectionAge);
        Assert.Equal(1, options.Limits.MaxReceiveMessageSize);
        Assert.Equal(1, options.LoadShedding!.MaxCpu);
        Assert.Equal("/text", options.PingPong.FallbackService);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Telemetry.SpanInterval);
        Assert.All(OptionKeys.Of(typeof(ThriftServerOptions)), key => Assert.Equal(key.Value, TextOf(ValueAt(options, key.Key)), ignoreCase: true));
    }

    [Fact]
    public void AddThriftStreams_ConfiguredAfterwards_CodeHasPrecedence()
    {
        var services = Services(new() { ["Thrift:ShutdownTimeout"] = "00:00:07", ["Thrift:ShutdownNotice"] = "00:00:02" });
        services.Configure<ThriftServerOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(9));

        var options = services.BuildServiceProvider().GetRequiredService<IOptions<ThriftServerOptions>>().Value;

        Assert.Equal((TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(2)), (options.ShutdownTimeout, options.ShutdownNotice));
    }

    [Fact]
    public void AddThriftStreams_WithEmptyTexts_AreNotSet()
    {
        var options = Build(new() { ["Thrift:HttpProbePath"] = "", ["Thrift:PingPong:FallbackService"] = "" }).GetRequiredService<IOptions<ThriftServerOptions>>().Value;

        Assert.Null(options.HttpProbePath);
        Assert.Null(options.PingPong.FallbackService);
    }

    [Theory]
    [InlineData("Thrift:ShutdownTimeot", "00:00:05", "Thrift:ShutdownTimeot is not an option of a Thrift server. Use one of: Grpc, HttpProbePath, Limits,")]
    [InlineData("Thrift:Limits:MaxStreams", "5", "Thrift:Limits:MaxStreams is not an option of a Thrift server.")]
    [InlineData("Thrift:ShutdownTimeout", "5", "Thrift:ShutdownTimeout is \"5\", which is not a duration, such as 00:00:03.5 or Infinite.")]
    [InlineData("Thrift:Limits:MaxStreamsPerConnection", "many", "Thrift:Limits:MaxStreamsPerConnection is \"many\", which is not a whole number")]
    [InlineData("Thrift:TTHeader:StreamBuffers:WhenFull", "Wait", "Thrift:TTHeader:StreamBuffers:WhenFull is \"Wait\", which is not a ThriftFullBufferPolicy: StopReading, ")]
    [InlineData("Traffic:Conections", "5", "Traffic:Conections is not an option of the traffic limits of a Thrift server. Use one of: CallsPerSecond, ConcurrentCalls, Connections, MessagesPerSecond, Services.")]
    [InlineData("Traffic:Services:Echo:Connections", "5", "Traffic:Services:Echo:Connections is not an option of the traffic limits of a Thrift server.")]
    [InlineData("Traffic:Connections", "1.5", "Traffic:Connections is \"1.5\", which is not a whole number")]
    public async Task StartAsync_WithASectionThatCannotBeRead_NamesTheKey(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new() { ["Thrift:ShutdownNotice"] = "00:00:00", ["Traffic:CallsPerSecond"] = "9", [key] = value }));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Thrift:Limits:FrameTimeout", "-00:00:05", "Limits.FrameTimeout must be positive; Timeout.InfiniteTimeSpan means no limit.")]
    [InlineData("Thrift:Limits:MaxReceiveMessageSize", "-1", "Limits.MaxReceiveMessageSize must be at least 1.")]
    [InlineData("Thrift:ShutdownNotice", "Infinite", "ShutdownNotice must not be negative. It cannot be unlimited: Timeout.InfiniteTimeSpan is not allowed here.")]
    [InlineData("Traffic:Connections", "0", "ThriftTrafficLimits.Connections must be at least 1.")]
    [InlineData("Traffic:Services:echo.TestService/EchoUnary:ConcurrentCalls", "0", "ThriftTrafficLimits.Services[echo.TestService/EchoUnary].ConcurrentCalls must be at least 1.")]
    public async Task StartAsync_WithAValueOutOfRange_NamesTheKey(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new() { ["Thrift:ShutdownNotice"] = "00:00:00", ["Traffic:CallsPerSecond"] = "9", [key] = value }));

        Assert.Equal($"{key} is \"{value}\", which cannot be used: {expected}", error.Message);
    }

    /// <summary>The section is not at fault for what code has set after it.</summary>
    [Fact]
    public async Task StartAsync_WithAValueOutOfRangeFromCode_NamesTheOption()
    {
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StartAsync(
            new() { ["Thrift:Limits:MaxReceiveMessageSize"] = "5", ["Traffic:CallsPerSecond"] = "9" },
            static services => services.Configure<ThriftServerOptions>(static options => options.Limits.MaxReceiveMessageSize = -1)));

        Assert.Equal("Limits.MaxReceiveMessageSize", error.ParamName);
    }

    [Theory]
    [InlineData("Thrift:ShutdownNotice", "Traffic")]
    [InlineData("Traffic:CallsPerSecond", "Thrift")]
    public async Task StartAsync_WithoutASection_NamesIt(string present, string missing)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(new() { [present] = present == "Traffic:CallsPerSecond" ? "9" : "00:00:00" }));

        Assert.Equal($"The configuration has no section {missing}, which the Thrift server reads, or the section is empty.", error.Message);
    }

    [Theory]
    [InlineData("TestService")]
    [InlineData("echo.TestService")]
    [InlineData("TestService/EchoPingPong")]
    [InlineData("echo.TestService/EchoPingPong")]
    public async Task Traffic_OfAName_WithOrWithoutItsPackage_Applies(string name)
    {
        using var log = new LogCollector();
        var configuration = Configuration(new() { [$"Traffic:Services:{name}:CallsPerSecond"] = "1" });
        await using var server = ThriftInMemoryServer.Create(services => services
            .AddService<ITestService, EchoService>()
            .Logging(logging => logging.AddProvider(log))
            .Services(services => services.AddThriftTrafficLimits(configuration.GetSection("Traffic"))));
        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel);

        await client.EchoPingPongAsync(new(), Token);
        var error = await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(new(), Token));

        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.DoesNotContain(log.Entries, static entry => entry.Id == 64);
    }

    [Fact]
    public async Task Traffic_ThatChanges_AppliesToNewCalls_UnlessItCannotBeRead()
    {
        using var log = new LogCollector();
        var configuration = Configuration(new() { ["Traffic:Services:TestService/EchoPingPong:ConcurrentCalls"] = "9" });
        await using var server = ThriftInMemoryServer.Create(services => services
            .AddService<ITestService, EchoService>()
            .Logging(logging => logging.AddProvider(log))
            .Services(services => services.AddThriftTrafficLimits(configuration.GetSection("Traffic"))));
        await using var channel = server.CreateChannel();
        var client = new TestServiceClient(channel);
        await client.EchoPingPongAsync(new(), Token);

        Change("CallsPerSecond", "1");
        Assert.Equal(60, log.Entries[^1].Id);
        await client.EchoPingPongAsync(new(), Token);
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(new(), Token));

        Change("CallsPerSecond", "none");
        Assert.Equal((LogLevel.Error, 61), (log.Entries[^1].Level, log.Entries[^1].Id));
        Assert.Contains("Traffic:CallsPerSecond is \"none\"", log.Entries[^1].Error!.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ThriftStatusException>(() => client.EchoPingPongAsync(new(), Token));

        Change("CallsPerSecond", "1000000");
        await client.EchoPingPongAsync(new(), Token);

        void Change(string key, string value)
        {
            configuration[$"Traffic:{key}"] = value;
            configuration.Reload();
        }
    }

    [Fact]
    public async Task Traffic_OfAServiceThatIsNotMapped_IsLoggedAtTheStartAndWhenItChanges()
    {
        using var log = new LogCollector();
        var configuration = Configuration(new() { ["Traffic:Services:TestServce:ConcurrentCalls"] = "9", ["Traffic:Services:TestService/Echo:ConcurrentCalls"] = "9" });
        await using var server = ThriftInMemoryServer.Create(services => services
            .AddService<ITestService, EchoService>()
            .Logging(logging => logging.AddProvider(log))
            .Services(services => services.AddThriftTrafficLimits(configuration.GetSection("Traffic"))));

        configuration["Traffic:Services:TestService/Eco:ConcurrentCalls"] = "9";
        configuration.Reload();

        var warnings = log.Entries.Where(static entry => entry is { Level: LogLevel.Warning, Id: 64 }).Select(static entry => entry.Text.Split(" have no effect")[0]);
        Assert.Equal(["The limits of TestServce", "The limits of TestServce", "The limits of TestService/Eco"], warnings.Order(StringComparer.Ordinal));
    }

    private static async Task StartAsync(Dictionary<string, string?> settings, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseThriftStreams()));
        builder.Services.AddLogging();
        builder.Services.AddThriftStreams(builder.Configuration.GetSection("Thrift"));
        builder.Services.AddThriftTrafficLimits(builder.Configuration.GetSection("Traffic"));
        configure?.Invoke(builder.Services);
        await using var app = builder.Build();
        app.MapThriftService<ITestService, EchoService>();
        await app.StartAsync(Token);
    }

    private static IConfigurationRoot Configuration(Dictionary<string, string?> settings) => new ConfigurationBuilder().AddInMemoryCollection(settings).Build();

    private static IServiceCollection Services(Dictionary<string, string?> settings) => new ServiceCollection().AddThriftStreams(Configuration(settings).GetSection("Thrift"));

    private static ServiceProvider Build(Dictionary<string, string?> settings) => Services(settings).BuildServiceProvider();

    private static object? ValueAt(object options, string key)
        => key.Split(':').Aggregate((object?)options, static (owner, name) => owner!.GetType().GetProperty(name)!.GetValue(owner));

    private static string? TextOf(object? value) => value is TimeSpan time ? time.ToString("c") : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture);
}
