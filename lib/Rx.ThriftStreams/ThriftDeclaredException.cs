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

    /// <summary><see cref="ThriftStatusCode.Internal"/>: what it becomes where the method does not declare it.</summary>
    public override ThriftStatusCode StatusCode => ThriftStatusCode.Internal;
}
