namespace Rx.ThriftStreams.Tests.Playground;

/// <summary>The demo, run as its users run it.</summary>
public sealed class DemoTests
{
    /// <summary>What must be seen of each scenario, in this order.</summary>
    private static readonly string[] KeyLines =
    [
        "EchoUnary    hello",
        "EchoPingPong hello again",
        "Server streaming",
        "Thrift streaming lets a method",
        "tokens; the first after",
        "Client streaming",
        "-> The answer arrives after the last one.",
        "<- 4 lines, 30 words, 136 letters",
        "Bidirectional streaming",
        "<- You said \"Hello.\".",
        "-> Goodbye.",
        "<- You said \"Goodbye.\".",
        "5 questions, 5 answers; ",
        "LINQ",
        "<- 1. You said \"Thrift\".",
        "<- 3. You said \"method\".",
        "Rx",
        "<- 30 tokens of two calls so far",
        "<- You said \"tick 3\".",
        "Rx overflow",
        " words, ",
        " ticks were dropped",
        "Overflow: ",
        "Deadline",
        "Stream timeout: The stream of echo.TestService/EchoServer took longer than its Timeout of 400 ms",
        "Receive timeout",
        "<- You said \"Take your time.\".",
        "Receive timeout: A receive of echo.TestService/Echo took longer than its ReceiveTimeout of 60 ms",
        "Circuit breaker",
        "call 3: Cannot connect to 127.0.0.1:",
        "call 4: The circuit breaker of method echo.TestService/EchoUnary is open",
        "Try again in",
        "closed: Welcome back.",
        "All 10 scenarios ran.",
    ];

    [Fact]
    public async Task Demo_WithoutArguments_ShowsEveryScenarioWithoutColourCodesAndExitsWith0()
    {
        using var demo = PlaygroundProcess.Start("Demo", "Demo");

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        AssertShowsEveryScenario(demo.Output);
        Assert.DoesNotContain('\u001b', demo.Output);
    }

    [Fact]
    public async Task Demo_OverTTHeader_ShowsEveryScenario()
    {
        using var demo = PlaygroundProcess.Start("Demo", "Demo", "--transport", "ttheader");

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Contains("Calling ttheader://127.0.0.1:", demo.Output, StringComparison.Ordinal);
        AssertShowsEveryScenario(demo.Output);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Demo_Chaos_ShowsHowTheChannelDealsWithEachTroubleAndLosesNoCall(string transport)
    {
        using var demo = PlaygroundProcess.Start("Demo", "Demo", "chaos", "--transport", transport);

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Contains("for its failures", demo.Output, StringComparison.Ordinal);
        Assert.Contains("for its latency", demo.Output, StringComparison.Ordinal);
        Assert.Contains("Ben's breaker: Open, HalfOpen, ", demo.Output, StringComparison.Ordinal);
        Assert.Contains("Closed.", demo.Output, StringComparison.Ordinal);
        Assert.EndsWith(", 0 were lost.", demo.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("ttheader")]
    public async Task Demo_WithAddress_CallsTheServerOfAnotherProcess(string transport)
    {
        using var server = PlaygroundProcess.Start("Demo", "Demo", "serve", "--port", "0");
        string address = (await server.ReadUntilAsync("Listening on ")).TrimEnd('.').Replace("grpc://", $"{transport}://", StringComparison.Ordinal);
        using var demo = PlaygroundProcess.Start("Demo", "Demo", "--address", address);

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Contains($"Calling {address}, a server elsewhere.", demo.Output, StringComparison.Ordinal);
        AssertShowsEveryScenario(demo.Output);
    }

    [Fact]
    public async Task Demo_NobodyAtTheAddress_SaysSoAndExitsWith1()
    {
        using var demo = PlaygroundProcess.Start("Demo", "Demo", "--address", "grpc://127.0.0.1:1");

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal(1, exitCode);
        Assert.StartsWith("The demo failed: Cannot connect to 127.0.0.1:1: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--adress", "grpc://127.0.0.1:1")]
    [InlineData("--address", "127.0.0.1:1")]
    [InlineData("serve", "--port", "65536")]
    public async Task Demo_ArgumentsThatMakeNoSense_ShowsTheHelpAndExitsWith2(params string[] arguments)
    {
        using var demo = PlaygroundProcess.Start("Demo", "Demo", arguments);

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal(2, exitCode);
        Assert.Contains("serve [--port N]", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("serve", "--help")]
    [InlineData("chaos", "-h")]
    public async Task Demo_Help_IsShown(params string[] arguments)
    {
        using var demo = PlaygroundProcess.Start("Demo", "Demo", arguments);

        var (exitCode, error) = await demo.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Contains("serve [--port N]", demo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GettingStarted_ClientAndServer_DoWhatTheGuideShows()
    {
        using var server = PlaygroundProcess.Start("GettingStarted/Server", "GettingStarted.Server", "127.0.0.1:0");
        string address = await server.ReadUntilAsync("Listening on ");
        using var client = PlaygroundProcess.Start("GettingStarted/Client", "GettingStarted.Client", address);

        var (exitCode, error) = await client.WaitAsync();

        Assert.Equal((0, string.Empty), (exitCode, error));
        Assert.Equal(
            ["Good morning, Ada", "Good morning, Grace.", "Good morning, Edsger.", "Good morning, Barbara."],
            client.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

        using var worker = PlaygroundProcess.Start("GettingStarted/Worker", "GettingStarted.Worker", $"--Clients:Greeter:Address={address}");
        Assert.Equal((0, string.Empty), await worker.WaitAsync());
        Assert.Equal(["Good", "morning,", "Ada"], worker.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        server.Terminate();
        Assert.Equal((0, string.Empty), await server.WaitAsync());
    }

    private static void AssertShowsEveryScenario(string output)
    {
        int from = 0;
        foreach (string line in KeyLines)
        {
            int found = output.IndexOf(line, from, StringComparison.Ordinal);
            Assert.True(found >= 0, $"\"{line}\" does not follow what comes before it in:\n{output}");
            from = found + line.Length;
        }
    }
}
