using System.Collections.Generic;

namespace Rx.ThriftStreams.Dynamic;

/// <summary>A schema cannot be used: its IDL has errors, an include is missing, or it does not have what was asked for.</summary>
public sealed class ThriftSchemaException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="diagnostics">The errors of the IDL, one a line as the compiler prints them.</param>
    public ThriftSchemaException(string message, IReadOnlyList<string>? diagnostics = null)
        : base(message) => Diagnostics = diagnostics ?? [];

    /// <summary>The errors of the IDL: <c>file(line,column): error id: text</c>. Empty if the IDL is not to blame.</summary>
    public IReadOnlyList<string> Diagnostics { get; }

    /// <summary><see cref="ThriftStatusCode.InvalidArgument"/>.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.InvalidArgument;
}
