namespace Rx.ThriftStreams.InteropProgram.SelfTest;

/// <summary><c>selftest</c>.</summary>
internal static class SelfTestVerb
{
    internal static Task<int> RunAsync(Arguments arguments, TextWriter output) => Task.FromResult(0);
}
