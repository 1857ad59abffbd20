using Demo.Echo;
using Demo.Terminal;

namespace Demo.Scenarios;

/// <summary>LINQ over streams: the responses of one call become the requests of another.</summary>
internal sealed class LinqComposition : IScenario
{
    public string Title => "LINQ";

    public string Explanation => "The long words of one call's answer are the requests of a second call; Take(3) ends both.";

    public async Task RunAsync(TestServiceClient client, Screen screen, CancellationToken cancellationToken)
    {
        var longWords = client.EchoServerAsync(new() { Message = "What is Thrift streaming?" }, cancellationToken)
            .Select(response => response.Message!.Trim())
            .Where(token => token.Length >= 6)
            .Select(token => new Request { Message = token });

        var answers = await client.EchoAsync(longWords, cancellationToken)
            .Select((response, index) => $"{index + 1}. {response.Message}")
            .Take(3)
            .ToListAsync(cancellationToken);

        answers.ForEach(answer => screen.Line(Tone.Received, "<-", answer));
    }
}
