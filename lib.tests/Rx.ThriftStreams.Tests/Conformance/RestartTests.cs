using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Restarts;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>The interop program's command <c>restarts</c>, in short: servers restart one after the other under load, and no call is lost where the protocol can say that one stops.</summary>
/// <remarks>Callers must notice that a server stops before it is gone, so they get more time than by default, and nothing else runs meanwhile.</remarks>
[Collection(nameof(RestartTests))]
[CollectionDefinition(nameof(RestartTests), DisableParallelization = true)]
public sealed class RestartTests
{
    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task Restarts_OfEveryServerUnderLoad_LoseNoCall(string servers)
    {
        var output = new StringWriter();

        var exit = await RestartsVerb.RunAsync(Arguments.Parse(["--servers", servers, "--rounds", "1", "--callers", "8", "--notice", "1000"]), output)
            .WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, output.ToString());
    }
}
