using System.Reactive.Linq;
using Demo.Echo;
using Demo.Terminal;
using Rx.ThriftStreams;
using Rx.ThriftStreams.Reactive;

namespace Demo.Scenarios;

/// <summary>An observable that is faster than the call it feeds. The buffer between them is bounded; what happens when it is full is a choice.</summary>
internal sealed class RxOverflow : IScenario
{
    private const int Ticks = 1000;
    private const int Capacity = 8;

    public string Title => "Rx overflow";

    public string Explanation => "A thousand ticks at once, and room for eight. DropOldest keeps the latest, Error gives up, and Wait (the default) would slow the source down.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        long dropped = 0;
        var latest = new ObservableBufferOptions { Capacity = Capacity, Overflow = OverflowPolicy.DropOldest, OnDropped = total => dropped = total };
        var summary = await client.EchoClientAsync(Burst(latest), cancellationToken);
        screen.Line(Tone.Received, "<-", $"{summary.Message}; {dropped} ticks were dropped");

        var strict = new ObservableBufferOptions { Capacity = Capacity, Overflow = OverflowPolicy.Error };
        try
        {
            await client.EchoClientAsync(Burst(strict), cancellationToken);
        }
        catch (ThriftBufferOverflowException full)
        {
            screen.Line(Tone.Bad, "Overflow:", full.Message);
            return;
        }

        throw new InvalidOperationException("The buffer held more than its capacity.");
    }

    /// <summary>The ticks as requests. Nothing is taken from the buffer until the source has ended, as by a reader that is busy elsewhere.</summary>
    private static IAsyncEnumerable<Request> Burst(ObservableBufferOptions buffer)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Observable.Range(1, Ticks)
            .Finally(ended.SetResult)
            .Select(n => new Request { Message = $"tick {n}" })
            .AsBoundedStream(buffer)
            .Select(async (Request request, CancellationToken cancellationToken) =>
            {
                await ended.Task.WaitAsync(cancellationToken);
                return request;
            });
    }
}
