using System.ComponentModel;
namespace Rx.ThriftStreams.Contracts;

/// <summary>
/// A message that the IDL does not name: the arguments or the result of a unary or ping-pong method. Implemented by generated code, so
/// that middleware sees what the IDL declares.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IThriftMessageWrapper
{
    /// <summary>
    /// The method's only argument; or its result, or the declared exception. <see langword="null"/> if there is none, or there are several arguments:
    /// then middleware sees the wrapper.
    /// </summary>
    object? Value { get; }
}
