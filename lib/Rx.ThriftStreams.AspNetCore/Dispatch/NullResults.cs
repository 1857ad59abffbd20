using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>The errors of handlers that return <see langword="null"/> where a method needs a value.</summary>
internal static class NullResults
{
    internal static InvalidOperationException Stream(ThriftMethod method)
        => new($"The handler of {method.FullName} returned null instead of a stream of responses. Return an empty stream if there are none.");

    internal static InvalidOperationException Task(ThriftMethod method)
        => new($"The handler of {method.FullName} returned null instead of a task. Make it async, or return Task.FromResult.");

    internal static InvalidOperationException Message(ThriftMethod method)
        => new($"The handler of {method.FullName} returned null as a response of its stream. Return a message, or none.");
}
