using Demo.Echo;
using Demo.Terminal;

namespace Demo.Scenarios;

/// <summary>Unary and ping-pong: one request, one response.</summary>
internal sealed class OneMessageEachWay : IScenario
{
    public string Title => "Unary and ping-pong";

    public string Explanation => "One message each way: a unary method, and a classic Thrift call.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        var unary = await client.EchoUnaryAsync(new() { Message = "hello" }, cancellationToken);
        screen.Line(Tone.Received, "EchoUnary   ", unary.Message ?? string.Empty);

        var pingPong = await client.EchoPingPongAsync(new() { Message = "hello again" }, cancellationToken);
        screen.Line(Tone.Received, "EchoPingPong", pingPong.Message ?? string.Empty);
    }
}
