using System.ComponentModel;

namespace Rx.ThriftStreams;

/// <summary>
/// The base class of the exceptions that an IDL declares. A handler throws one; if the method declares it, the caller
/// catches the same type.
/// </summary>
public abstract class ThriftDeclaredException : ThriftException
{
    /// <summary>Creates the exception with a default text.</summary>
    protected ThriftDeclaredException()
        : base("An exception that the IDL declares was thrown.")
    {
    }

    /// <summary>The text of the field <c>message</c> if the exception has one and it is not empty, otherwise all fields.</summary>
    public override string Message => GetDeclaredMessage() ?? base.Message;

    /// <summary><see cref="ThriftStatusCode.Internal"/>: what callers see if the method does not declare the exception.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Internal;

    /// <summary>Its name for people.</summary>
    internal virtual string DeclaredName => GetType().Name;

    /// <summary>Its fields as JSON; <see langword="null"/> if its type has no schema for that.</summary>
    internal virtual string? ValueAsJson() => null;

    /// <summary>The text for <see cref="Message"/>. Overridden by generated code.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected virtual string? GetDeclaredMessage() => null;
}
