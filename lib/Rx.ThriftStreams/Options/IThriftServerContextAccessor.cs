namespace Rx.ThriftStreams;

/// <summary>Gives services that are injected into a handler access to the current call. Registered by <c>AddThriftStreams()</c> as a singleton.</summary>
public interface IThriftServerContextAccessor
{
    /// <summary>The call that this code handles, or <see langword="null"/> outside handlers: the same as <see cref="ThriftServerContext.Current"/>.</summary>
    ThriftServerContext? Context { get; }
}
