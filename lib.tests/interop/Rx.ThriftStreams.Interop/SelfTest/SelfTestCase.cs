using Rx.ThriftStreams.InteropProgram.Client;

namespace Rx.ThriftStreams.InteropProgram.SelfTest;

/// <summary>One call, and the lines that it must give. A line that ends in <c>*</c> is only the beginning.</summary>
internal sealed record SelfTestCase(string Name, string Arguments, string[] Expected)
{
    /// <summary>Makes the call and compares; empty if all is well.</summary>
    internal async Task<string> RunAsync(string address, string transport, bool tls)
    {
        var output = new StringWriter();
        var options = ClientOptions.From(InteropProgram.Arguments.Parse(["--addr", address, "--transport", transport, .. tls ? ["--tls"] : Array.Empty<string>(), .. Arguments.Split('|')]));
        await ClientVerb.RunAsync(options, output).WaitAsync(TimeSpan.FromSeconds(60));
        string[] actual = [.. output.ToString().Split(Environment.NewLine).Select(line => line.Trim()).Where(IsCompared)];
        return actual.Length == Expected.Length && actual.Zip(Expected).All(pair => Fits(pair.First, pair.Second))
            ? string.Empty
            : $"expected {string.Join(" / ", Expected)}, got {string.Join(" / ", actual)}";
    }

    /// <summary>Headers and the summary differ from transport to transport and from run to run.</summary>
    private bool IsCompared(string line) => line.Length > 0
        && !line.StartsWith("DONE", StringComparison.Ordinal)
        && !line.StartsWith("CANCEL", StringComparison.Ordinal)
        && (Expected.Any(expected => expected.StartsWith("HEADERS", StringComparison.Ordinal))
            || !(line.StartsWith("HEADERS", StringComparison.Ordinal) || line.StartsWith("TRAILERS", StringComparison.Ordinal) || line.StartsWith("BACKWARD", StringComparison.Ordinal)));

    private static bool Fits(string line, string expected)
        => expected.EndsWith('*') ? line.StartsWith(expected[..^1], StringComparison.Ordinal) : line == expected;
}
