namespace Rx.ThriftStreams.Reactive;

/// <summary>What happens to an element that arrives when the buffer is full.</summary>
public enum OverflowPolicy
{
    /// <summary>The producer waits until there is room, or until the consumer has left. Where its thread is blocked, it waits until half of the buffer is free. Nothing is lost.</summary>
    Wait = 0,

    /// <summary>The oldest buffered element is dropped to make room for the new one.</summary>
    DropOldest = 1,

    /// <summary>The new element is dropped.</summary>
    DropNewest = 2,

    /// <summary>The consumer gets the buffered elements, then a <see cref="ThriftBufferOverflowException"/>.</summary>
    Error = 3,
}
