namespace Rx.ThriftStreams;

/// <summary>A bounded buffer with the policy <c>Error</c> was full: elements arrived faster than they were taken.</summary>
public sealed class ThriftBufferOverflowException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="capacity">How many elements the buffer holds.</param>
    /// <param name="innerException">The cause, if another error led here.</param>
    public ThriftBufferOverflowException(int capacity, Exception? innerException = null)
        : base(
            $"The buffer of {capacity} elements is full: the producer is faster than the consumer. Take elements faster, raise the capacity, or choose the overflow policy Wait, DropOldest or DropNewest.",
            innerException)
        => Capacity = capacity;

    /// <summary>How many elements the buffer holds.</summary>
    public int Capacity { get; }

    /// <summary><see cref="ThriftStatusCode.ResourceExhausted"/>.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.ResourceExhausted;
}
