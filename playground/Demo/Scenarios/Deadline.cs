using Demo.Echo;
using Demo.Terminal;
using Rx.ThriftStreams;

namespace Demo.Scenarios;

/// <summary>A limit for the whole call, which ends it in the middle of the stream.</summary>
internal sealed class Deadline : IScenario
{
    public string Title => "Deadline";

    public string Explanation => "The call may take 400 ms, but the answer takes longer. The server receives the limit, too.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        var options = new ThriftCallOptions { Timeout = TimeSpan.FromMilliseconds(400) };
        var text = new LineWrapper(screen);
        try
        {
            await foreach (var response in client.EchoServerAsync(new() { Message = "Please count." }, options, cancellationToken))
            {
                text.Add(response.Message ?? string.Empty);
            }
        }
        catch (ThriftTimeoutException expired)
        {
            text.End();
            screen.Line(Tone.Bad, $"{expired.Kind} timeout:", expired.Message);
            return;
        }

        throw new InvalidOperationException("The call ended before its deadline, which should have ended it.");
    }
}
