#:project Support/Playground.csproj
#:property PublishAot=false

// The cells of back-pressure.dib as a program: dotnet run back-pressure.cs. Written by convert.cs.
using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using Demo.Echo;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Playground;
using Rx.ThriftStreams.Reactive;

async Task<List<(double At, double Value)>> MeasureWindowAsync(string scheme)
{
    var source = new FastSource();
    await using var server = await PlaygroundServer.StartAsync(source);
    await using var channel = ThriftChannel.ForAddress($"{scheme}://{server.Endpoint}");
    var ahead = new List<(double At, double Value)>();
    var consumed = 0;
    var clock = System.Diagnostics.Stopwatch.StartNew();
    await foreach (var message in new TestServiceClient(channel).EchoServerAsync(new Request()).Take(150))
    {
        await Task.Delay(5);
        ahead.Add((clock.Elapsed.TotalMilliseconds, source.Sent - ++consumed));
    }

    return ahead;
}

var window = new Curves("milliseconds", "messages ahead");
foreach (var scheme in new[] { "grpc", "ttheader" })
{
    var ahead = await MeasureWindowAsync(scheme);
    window.Add(scheme, ahead);
    Console.WriteLine($"{scheme}: bounded: {ahead.Max(point => point.Value) < 1000}");
}

window.ToPlot().Show();

async Task<(List<(double At, double Value)> Queue, List<int> Received, string End)> MeasureOverflowAsync(OverflowPolicy policy)
{
    var pushed = 0;
    long dropped = 0;
    var received = new List<int>();
    var queue = new List<(double At, double Value)>();
    var clock = System.Diagnostics.Stopwatch.StartNew();
    var numbers = Observable.Create<int>(observer => Task.Run(async () =>
    {
        for (var n = 1; n <= 200; n++)
        {
            await Task.Delay(2);
            observer.OnNext(n);
        }
    })).Do(n => Volatile.Write(ref pushed, n));
    try
    {
        await foreach (var number in numbers.AsBoundedStream(new ObservableBufferOptions { Capacity = 32, Overflow = policy, OnDropped = total => dropped = total }))
        {
            received.Add(number);
            queue.Add((clock.Elapsed.TotalMilliseconds, Math.Max(0, Volatile.Read(ref pushed) - received.Count - Interlocked.Read(ref dropped))));
            await Task.Delay(6);
        }

        return (queue, received, "completed");
    }
    catch (ThriftBufferOverflowException)
    {
        return (queue, received, "failed");
    }
}

var buffers = new Curves("milliseconds", "buffered");
foreach (var policy in Enum.GetValues<OverflowPolicy>())
{
    var (queue, received, end) = await MeasureOverflowAsync(policy);
    buffers.Add($"{policy}", queue);
    Console.WriteLine($"{policy}: {end}; {(received.Count == 200 ? "all" : "some")} received; the last number {(received[^1] == 200 ? "is" : "is not")} among them");
}

buffers.ToPlot().Show();

internal sealed class FastSource : WordsService
{
    private int _sent;

    public int Sent => Volatile.Read(ref _sent);

    public override async IAsyncEnumerable<Response> EchoServerAsync(Request req, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var text = new string('x', 16 * 1024);
        while (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.Increment(ref _sent);
            yield return new Response { Message = text };
            await Task.Yield();
        }
    }
}
