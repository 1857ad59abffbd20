namespace Rx.ThriftStreams.Wire;

/// <summary>The frames of a method whose headers never change, encoded once.</summary>
internal sealed class FrameTemplates(string method)
{
    internal string Method { get; } = method;

    internal TTHeaderFrameTemplate Data { get; } = new(TTHeaderFrameType.Data, method);

    internal TTHeaderFrameTemplate Trailer { get; } = new(TTHeaderFrameType.Trailer, method);
}
