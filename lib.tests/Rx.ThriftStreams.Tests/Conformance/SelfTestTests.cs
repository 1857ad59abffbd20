using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Client;
using Rx.ThriftStreams.InteropProgram.SelfTest;
using Rx.ThriftStreams.InteropProgram.Server;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>The interop program against itself: every transport with every behaviour, as its command <c>selftest</c> does it.</summary>
public sealed class SelfTestTests
{
    public static TheoryData<string> Transports => [.. ClientChannel.Transports];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task SelfTest_EveryBehaviour_IsAsItShouldBe(string transport)
    {
        var output = new StringWriter();

        var exit = await SelfTestVerb.RunAsync(Arguments.Parse(["--transport", transport]), output).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, output.ToString());
        Assert.Contains(" ok ", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task SelfTest_OverTls_IsAsItShouldBe(string transport)
    {
        using var certificate = TestCertificate.Create("localhost");
        await using var server = await InteropServer.StartAsync("127.0.0.1:0", static _ => { }, logCalls: false, certificate);
        var output = new StringWriter();
        string[] arguments = ["--addr", server.Endpoint.ToString(), "--tls", "--transport", transport, "--case", "biz error"];

        var exit = await SelfTestVerb.RunAsync(Arguments.Parse(arguments), output).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, output.ToString());
        Assert.Contains(" ok ", output.ToString(), StringComparison.Ordinal);
    }
}
