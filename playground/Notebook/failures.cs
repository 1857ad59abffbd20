#:project Support/Playground.csproj
#:property PublishAot=false

// The cells of failures.dib as a program: dotnet run failures.cs. Written by convert.cs.
using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Playground;
using Rx.ThriftStreams.Reactive;

var server = await PlaygroundServer.StartAsync(new Stalling());
var channel = ThriftChannel.ForAddress($"grpc://{server.Endpoint}");
var client = new TestServiceClient(channel);
var limits = new ThriftCallOptions { ReceiveTimeout = TimeSpan.FromSeconds(1.5) };
var stalls = new Timeline();

try
{
    await foreach (var message in client.EchoServerAsync(new Request { Message = "1" }, limits).MarkOn(stalls, "without Resume"))
    {
    }
}
catch (ThriftTimeoutException timeout)
{
    stalls.Mark("without Resume", $"{timeout.Kind} timeout");
    Console.WriteLine($"{timeout.Kind} timeout after {stalls.Count("without Resume") - 1} messages");
}

var all = await client.EchoServerAsync(new Request { Message = "1" }, limits)
    .Resume(
        point =>
        {
            stalls.Mark("resumed", $"after {point.Last!.Message}");
            return client.EchoServerAsync(new Request { Message = $"{int.Parse(point.Last!.Message!) + 1}" }, limits);
        },
        new ResumeOptions { ShouldResume = error => error is ThriftTimeoutException, Delay = attempt => TimeSpan.FromMilliseconds(100) })
    .MarkOn(stalls, "with Resume")
    .ToListAsync();
stalls.ToPlot().Show();
Console.WriteLine(string.Join(' ', all.Select(message => message.Message)));

await channel.DisposeAsync();
await server.DisposeAsync();

var down = await PlaygroundServer.StartAsync();
var endpoint = down.Endpoint;
await down.DisposeAsync();

var breaker = new Timeline();
var guarded = ThriftChannel.ForAddress($"ttheader://{endpoint}", new ThriftChannelOptions
{
    Resilience = { CircuitBreaker = new ThriftCircuitBreakerOptions { MinimumThroughput = 3, BreakDuration = TimeSpan.FromSeconds(1) } },
});
var caller = new TestServiceClient(guarded);
PlaygroundServer? back = null;
for (var call = 0; call < 60 && breaker.Count("answered") < 5; call++)
{
    try
    {
        await caller.EchoPingPongAsync(new Request { Message = "Anybody there?" });
        breaker.Mark("answered");
    }
    catch (ThriftCircuitOpenException)
    {
        breaker.Mark("refused: circuit open");
        back ??= await PlaygroundServer.StartAsync(port: int.Parse(endpoint.Split(':')[1]));
    }
    catch (ThriftConnectException)
    {
        breaker.Mark("failed to connect");
    }

    await Task.Delay(50);
}

breaker.ToPlot().Show();
Console.WriteLine($"{breaker.Count("failed to connect")} failed to connect, then the breaker opened; {breaker.Count("answered")} answered after it closed");

await guarded.DisposeAsync();
await back!.DisposeAsync();

internal sealed class Stalling : WordsService
{
    public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var first = int.Parse(req.Message!);
        for (var n = first; n <= 12; n++)
        {
            await Task.Delay(n == first + 4 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(50), cancellationToken);
            yield return new Response { Message = $"{n}" };
        }
    }
}
