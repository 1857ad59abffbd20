using System.ComponentModel;

namespace Rx.ThriftStreams;

/// <summary>
/// The base of every exception that an IDL declares. A handler throws it; over a method whose <c>throws</c> names it,
/// the caller catches the same type.
/// </summary>
public abstract class ThriftDeclaredException : ThriftException
{
    /// <summary>Creates the exception without a text of its own.</summary>
    protected ThriftDeclaredException()
        : base("An exception that the IDL declares was thrown.")
    {
    }

    /// <summary>What the exception says: its own text if it has one, else its fields.</summary>
    public override string Message => GetDeclaredMessage() ?? base.Message;

    /// <summary><see cref="ThriftStatusCode.Internal"/>: what it becomes where the method does not declare it.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Internal;

    /// <summary>The text for <see cref="Message"/>. Overridden by generated code: a field called <c>message</c> hides the property.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected virtual string? GetDeclaredMessage() => null;
}
