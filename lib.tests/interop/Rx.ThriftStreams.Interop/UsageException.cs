namespace Rx.ThriftStreams.InteropProgram;

/// <summary>The program was started in a way that it does not know.</summary>
public sealed class UsageException(string message) : Exception(message);
