using System.Net;
using System.Net.Sockets;
using Demo.Echo;
using Demo.Server;
using Demo.Terminal;
using Rx.ThriftStreams;

namespace Demo.Scenarios;

/// <summary>A server that is not there: calls fail to connect, then they fail at once, and when it is back they succeed.</summary>
internal sealed class CircuitBreaker : IScenario
{
    private const int MostCalls = 10;

    public string Title => "Circuit breaker";

    public string Explanation => "No server is listening. After three failures the breaker opens; it reports when it will try again, and then does.";

    /// <remarks>Of the client that is passed in only the transport is used: its server would have to be down, and later up.</remarks>
    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)reserved.LocalEndPoint!).Port;

        var scheme = new Uri(client.Channel.Address).Scheme;
        await using var channel = ThriftChannel.ForAddress($"{scheme}://127.0.0.1:{port}", new ThriftChannelOptions
        {
            Resilience = { ConnectTimeout = Walkthrough.ConnectTimeout, CircuitBreaker = new ThriftCircuitBreakerOptions { MinimumThroughput = 3, BreakDuration = TimeSpan.FromSeconds(1) } },
        });
        var absent = new TestServiceClient(channel);
        var open = await CallUntilOpenAsync(absent, screen, cancellationToken);

        reserved.Close();
        await using var server = await DemoServer.StartAsync(port, cancellationToken);
        screen.Line(Tone.Plain, "The server starts. The breaker is still open, so we wait for the time that it reported.");
        await Task.Delay((open.RetryAfter ?? TimeSpan.FromSeconds(1)) + TimeSpan.FromMilliseconds(50), cancellationToken);

        var response = await absent.EchoUnaryAsync(new() { Message = "Welcome back." }, cancellationToken);
        screen.Line(Tone.Good, "closed:", response.Message ?? string.Empty);
    }

    private static async Task<ThriftCircuitOpenException> CallUntilOpenAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        for (var call = 1; call <= MostCalls; call++)
        {
            try
            {
                await client.EchoUnaryAsync(new() { Message = "Anybody there?" }, cancellationToken);
            }
            catch (ThriftConnectException absent)
            {
                screen.Line(Tone.Bad, $"call {call}:", absent.Message);
            }
            catch (ThriftCircuitOpenException open)
            {
                screen.Line(Tone.Bad, $"call {call}:", open.Message);
                return open;
            }
        }

        throw new InvalidOperationException($"The breaker did not open within {MostCalls} calls.");
    }
}
