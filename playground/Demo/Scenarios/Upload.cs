using Demo.Echo;
using Demo.Terminal;

namespace Demo.Scenarios;

/// <summary>Client streaming: many requests, one response.</summary>
internal sealed class Upload : IScenario
{
    private static readonly string[] Lines =
    [
        "The requests are an ordinary IAsyncEnumerable.",
        "Each is pulled when the connection has room for it,",
        "so nothing piles up on the way.",
        "The answer arrives after the last one.",
    ];

    public string Title => "Client streaming";

    public string Explanation => "Many requests from an async iterator; one summary comes back.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        async IAsyncEnumerable<Request> Requests()
        {
            foreach (var line in Lines)
            {
                screen.Line(Tone.Sent, "->", line);
                yield return new Request { Message = line };
                await Task.Delay(60, cancellationToken);
            }
        }

        var summary = await client.EchoClientAsync(Requests(), cancellationToken);
        screen.Line(Tone.Received, "<-", summary.Message ?? string.Empty);
    }
}
