namespace Rx.ThriftStreams.Reactive;

/// <summary>What happens to an element that arrives at a full buffer.</summary>
public enum OverflowPolicy
{
    /// <summary>The producer waits until there is ample room (half of the buffer, where its thread is blocked), or until the consumer has left. Nothing is lost.</summary>
    Wait = 0,

    /// <summary>The oldest element of the buffer is dropped for the new one: the consumer sees what is recent.</summary>
    DropOldest = 1,

    /// <summary>The arriving element is dropped: the consumer sees what came first.</summary>
    DropNewest = 2,

    /// <summary>The consumer gets the elements of the buffer, then a <see cref="ThriftBufferOverflowException"/>.</summary>
    Error = 3,
}
