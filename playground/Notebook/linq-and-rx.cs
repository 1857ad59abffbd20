#:project Support/Playground.csproj
#:property PublishAot=false

// The cells of linq-and-rx.dib as a program: dotnet run linq-and-rx.cs. Written by convert.cs.
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Playground;

var server = await PlaygroundServer.StartAsync(new Prices());
var channel = ThriftChannel.ForAddress($"ttheader://{server.Endpoint}");
var client = new TestServiceClient(channel);

var pulled = new Timeline();
var chunks = await client.EchoServerAsync(new Request())
    .Select(price => int.Parse(price.Message!))
    .MarkOn(pulled, "stream")
    .Where(price => price >= 105)
    .MarkOn(pulled, "Where at least 105", price => $"{price}")
    .Chunk(4)
    .MarkOn(pulled, "Chunk of 4", chunk => string.Join(' ', chunk))
    .ToListAsync();
pulled.ToPlot().Show();
Console.WriteLine($"{pulled.Count("stream")} prices, {chunks.Sum(chunk => chunk.Length)} at least 105");

var pushed = new Timeline();
await client.AsObservable().EchoServer(new Request())
    .Select(price => int.Parse(price.Message!))
    .MarkOn(pushed, "stream")
    .Publish(prices => Observable.Merge(
        prices.Sample(TimeSpan.FromMilliseconds(250)).MarkOn(pushed, "Sample 250 ms", price => $"{price}"),
        prices.Buffer(TimeSpan.FromMilliseconds(250)).SelectMany(batch => batch.TakeLast(1)).MarkOn(pushed, "Buffer 250 ms, last"),
        prices.Throttle(TimeSpan.FromMilliseconds(100)).MarkOn(pushed, "Throttle 100 ms", price => $"{price}")))
    .LastOrDefaultAsync();
pushed.ToPlot().Show(380);
Console.WriteLine($"{pushed.Count("stream")} prices, {pushed.Count("Throttle 100 ms")} bursts");

await channel.DisposeAsync();
await server.DisposeAsync();

internal sealed class Prices : WordsService
{
    public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var n = 0; n < 25; n++)
        {
            await Task.Delay(n % 5 == 0 ? 200 : 20, cancellationToken);
            yield return new Response { Message = $"{100 + (n * 7 % 11)}" };
        }
    }
}
