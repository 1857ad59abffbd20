using System;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>A value cannot be converted between Thrift and JSON or dictionaries. The message and <see cref="Path"/> name the place.</summary>
public sealed class ThriftJsonException : ThriftException
{
    private readonly ThriftStatusCode _statusCode;

    internal ThriftJsonException(string what, string path, ThriftStatusCode statusCode, Exception? innerException = null)
        : base($"{what} (at {path}).", innerException)
    {
        Path = path;
        _statusCode = statusCode;
    }

    /// <summary>The JSON path of the value, such as <c>$.items[3].name</c>.</summary>
    public string Path { get; }

    /// <summary>
    /// <see cref="ThriftStatusCode.InvalidArgument"/> for a value to send, <see cref="ThriftStatusCode.Internal"/> for a message that was received,
    /// <see cref="ThriftStatusCode.ResourceExhausted"/> where a limit was exceeded.
    /// </summary>
    public override ThriftStatusCode StatusCode => _statusCode;
}
