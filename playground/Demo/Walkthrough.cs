using Demo.Echo;
using Demo.Scenarios;
using Demo.Server;
using Demo.Terminal;
using Rx.ThriftStreams;

namespace Demo;

/// <summary>All scenarios, one after the other.</summary>
internal static class Walkthrough
{
    /// <summary>More than the default of 3 s: refusing a connection takes some systems two seconds, and the demo may meet a machine that is busy.</summary>
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private static readonly IScenario[] Scenarios =
    [
        new OneMessageEachWay(),
        new TokenStream(),
        new Upload(),
        new Chat(),
        new LinqComposition(),
        new RxComposition(),
        new RxOverflow(),
        new Deadline(),
        new ReceiveTimeout(),
        new CircuitBreaker(),
    ];

    /// <summary>Starts a server in this process and calls it over a transport: <c>grpc</c> or <c>ttheader</c>. The server speaks all on one port.</summary>
    internal static async Task RunHereAsync(string transport, Screen screen, CancellationToken cancellationToken)
    {
        await using var server = await DemoServer.StartAsync(0, cancellationToken);
        await RunAsync($"{transport}://{server.Endpoint}", "in this process", screen, cancellationToken);
    }

    /// <summary>Calls a server that runs elsewhere.</summary>
    internal static Task RunAsync(string address, Screen screen, CancellationToken cancellationToken)
        => RunAsync(address, "elsewhere", screen, cancellationToken);

    private static async Task RunAsync(string address, string where, Screen screen, CancellationToken cancellationToken)
    {
        await using var channel = ThriftChannel.ForAddress(address, new ThriftChannelOptions { Resilience = { ConnectTimeout = ConnectTimeout } });
        var client = new TestServiceClient(channel);
        screen.Line(Tone.Plain, $"Calling {address}, a server {where}. The service is playground/Demo/echo.thrift.");
        foreach (var scenario in Scenarios)
        {
            screen.Heading(scenario.Title, scenario.Explanation);
            await scenario.RunAsync(client, screen, cancellationToken);
        }

        screen.EndLine();
        screen.Line(Tone.Good, $"All {Scenarios.Length} scenarios ran.");
    }
}
