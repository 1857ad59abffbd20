using Rx.ThriftStreams.InteropProgram;
using Rx.ThriftStreams.InteropProgram.Stress;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>The interop program's command <c>stress</c>, in short: a server in a process of its own survives what hostile clients send.</summary>
public sealed class StressTests
{
    [Fact]
    public async Task Stress_EveryAttack_LeavesAServerThatAnswersWithinItsMemory()
    {
        var output = new StringWriter();

        await StressVerb.RunAsync(Arguments.Parse(["--seconds", "1", "--seed", "20261127"]), output).WaitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);

        var rows = output.ToString().Split('\n').Where(row => row.Contains(" MB", StringComparison.Ordinal) || row.Contains(" ms ", StringComparison.Ordinal)).ToList();
        Assert.True(rows.Count > 10, output.ToString());

        // How busy the server still is depends on the machine; whether it lives, answers and keeps to its memory does not.
        Assert.True(!rows.Exists(row => row.Contains("DIED", StringComparison.Ordinal) || row.Contains("STALLED", StringComparison.Ordinal) || row.Contains("MEMORY", StringComparison.Ordinal)), output.ToString());
    }
}
