using System.Diagnostics;
using Demo.Echo;
using Demo.Terminal;

namespace Demo.Scenarios;

/// <summary>Server streaming: one request, many responses.</summary>
internal sealed class TokenStream : IScenario
{
    public string Title => "Server streaming";

    public string Explanation => "One question; the answer comes in tokens, printed as they arrive: await foreach.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        const string Question = "What is Thrift streaming?";
        screen.Line(Tone.Sent, "->", Question);
        var started = Stopwatch.GetTimestamp();
        var (tokens, first) = (0, TimeSpan.Zero);
        var text = new LineWrapper(screen);
        await foreach (var response in client.EchoServerAsync(new() { Message = Question }, cancellationToken))
        {
            if (tokens++ == 0)
            {
                first = Stopwatch.GetElapsedTime(started);
            }

            text.Add(response.Message ?? string.Empty);
        }

        text.End();
        screen.Line(Tone.Plain, $"{tokens} tokens; the first after {first.TotalMilliseconds:0} ms, the last after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms.");
    }
}
