using System.Reactive.Linq;
using Demo.Echo;
using Demo.Terminal;

namespace Demo.Scenarios;

/// <summary>Rx over streams: the same client as observables.</summary>
internal sealed class RxComposition : IScenario
{
    public string Title => "Rx";

    public string Explanation => "The same client as IObservable: two answers merged and buffered by time, then a ticker as requests.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        var rx = client.AsObservable();

        await rx.EchoServer(new() { Message = "What is Thrift streaming?" }).Select(_ => "streaming")
            .Merge(rx.EchoServer(new() { Message = "Please count." }).Select(_ => "counting"))
            .Take(30)
            .Buffer(TimeSpan.FromMilliseconds(200))
            .Where(batch => batch.Count > 0)
            .Scan(0, (total, batch) => total + batch.Count)
            .ForEachAsync(total => screen.Line(Tone.Received, "<-", $"{total,2} tokens of two calls so far"), cancellationToken);

        var ticks = Observable.Interval(TimeSpan.FromMilliseconds(50)).Take(3).Select(n => new Request { Message = $"tick {n + 1}" });
        await rx.Echo(ticks).ForEachAsync(response => screen.Line(Tone.Received, "<-", response.Message!), cancellationToken);
    }
}
