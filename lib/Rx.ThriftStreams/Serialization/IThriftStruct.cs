namespace Rx.ThriftStreams.Serialization;

/// <summary>
/// A type that travels as a Thrift struct: every struct, union and exception that the compiler generates,
/// and the argument and result wrappers of its methods.
/// </summary>
/// <typeparam name="TSelf">The type itself.</typeparam>
/// <remarks>
/// One pair of methods serves every protocol: they are generic over the reader and writer, which are
/// <see langword="ref struct"/>s, so that the runtime compiles a copy for each with all calls direct.
/// </remarks>
public interface IThriftStruct<TSelf>
    where TSelf : IThriftStruct<TSelf>
{
    /// <summary>Reads one value: its fields up to and including the stop.</summary>
    /// <param name="reader">The reader, positioned at the first field; positioned after the stop on return.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ThriftProtocolException">The bytes are not a value of this type.</exception>
    static abstract TSelf Read<TReader>(ref TReader reader)
        where TReader : struct, IThriftReader, allows ref struct;

    /// <summary>Writes the value: its fields and the stop.</summary>
    /// <param name="writer">The writer.</param>
    void Write<TWriter>(ref TWriter writer)
        where TWriter : struct, IThriftWriter, allows ref struct;
}
