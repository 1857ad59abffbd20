using System.Diagnostics;
using System.Security.Claims;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams;

/// <summary>The server call that is being handled: what was received with it and what is returned besides the messages.</summary>
/// <remarks>
/// One object per call; a handler and the code that it awaits access it through <see cref="Current"/>. Thread-safe where stated; otherwise only for
/// the handler's use.
/// </remarks>
[DebuggerDisplay("{Method} from {Peer}")]
public abstract class ThriftServerContext : ThriftCallContext
{
    private static readonly AsyncLocal<ThriftServerContext?> CurrentContext = new();

    private protected ThriftServerContext()
    {
    }

    /// <summary>The call that this code handles, or <see langword="null"/> outside handlers.</summary>
    public static ThriftServerContext? Current => CurrentContext.Value;

    /// <summary>The method that was called.</summary>
    public abstract override ThriftMethod Method { get; }

    /// <summary>The name of the transport: <c>grpc</c>, <c>ttheader-streaming</c>, <c>ttheader</c>, <c>ttheaderframed</c>, <c>framed</c>, <c>buffered</c> or <c>memory</c>.</summary>
    public abstract override string Transport { get; }

    /// <summary>The caller's address, as <c>host:port</c>.</summary>
    public abstract override string Peer { get; }

    /// <summary>The connection that brought the call: its addresses, TLS, and the caller's certificate.</summary>
    public abstract ThriftServerConnection Connection { get; }

    /// <summary>
    /// The caller as authenticated by the host; without an authenticated identity for an anonymous caller, or if the host has no authentication. The same on every transport.
    /// </summary>
    public abstract ClaimsPrincipal User { get; }

    /// <summary>
    /// Replaces the credentials of the caller, for instance with a token from a message of the stream, before the first one expires. They are authenticated and authorized
    /// like those of the call; then <see cref="User"/> and the time at which the stream ends come from the new credentials.
    /// </summary>
    /// <param name="authorization">The value of the header <c>authorization</c>: a scheme and its credentials, for instance <c>Bearer</c> and a token.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ThriftStatusException">
    /// They are not valid (<see cref="ThriftStatusCode.Unauthenticated"/>), or do not permit the call (<see cref="ThriftStatusCode.PermissionDenied"/>). The old ones remain in use.
    /// </exception>
    /// <exception cref="InvalidOperationException">The host has no authentication.</exception>
    public abstract Task RenewUserAsync(string authorization, CancellationToken cancellationToken = default);

    /// <summary>The services of the call's scope, which is disposed when the handler has ended.</summary>
    public abstract IServiceProvider Services { get; }

    /// <summary>The caller's service name; empty if it did not send one.</summary>
    public abstract string CallerService { get; }

    /// <summary>The caller's headers.</summary>
    public abstract override ThriftMetadata RequestHeaders { get; }

    /// <summary>Transient and persistent metainfo of the caller, and backward metainfo to send.</summary>
    public abstract override ThriftMetaInfo MetaInfo { get; }

    /// <summary>When the caller stops waiting, or <see langword="null"/>. <see cref="CancellationToken"/> is cancelled then.</summary>
    public abstract override DateTimeOffset? Deadline { get; }

    /// <summary>The time left until <see cref="Deadline"/>, unaffected by changes of the wall clock; <see langword="null"/> without one.</summary>
    internal abstract TimeSpan? TimeLeft { get; }

    /// <summary>Cancelled when the caller cancels or is gone, when the deadline passes, and when the handler has ended. Calls made by the handler end with it.</summary>
    public abstract override CancellationToken CancellationToken { get; }

    /// <summary>
    /// Why <see cref="CancellationToken"/> was cancelled; <see langword="null"/> before. The same types on every transport: a
    /// <see cref="ThriftTimeoutException"/> for a deadline or a limit of the server, a <see cref="ThriftTransportException"/> if the connection to the caller
    /// was lost, a <see cref="ThriftStatusException"/> with <see cref="ThriftStatusCode.Cancelled"/> if the caller cancelled or the handler has ended, and with
    /// <see cref="ThriftStatusCode.DeadlineExceeded"/> if the caller reported that its own limit expired, and with <see cref="ThriftStatusCode.Unavailable"/> if
    /// the server stops and did not wait any longer. Callers over TTHeader Streaming report more:
    /// <see cref="ThriftException.Kitex"/> then has Kitex's number and the path of the cancellation. Calls made by the handler end with its status.
    /// </summary>
    public abstract ThriftException? CancellationReason { get; }

    /// <summary>
    /// Cancelled as soon as the server begins to stop: a handler that streams without an end should come to one now. <see cref="CancellationToken"/> follows when the
    /// server's <c>ShutdownTimeout</c> has passed, with <see cref="ThriftStatusCode.Unavailable"/> as its <see cref="CancellationReason"/>. A handler that waits may link
    /// both tokens: an <see cref="OperationCanceledException"/> that leaves it from now on ends the call with <see cref="ThriftStatusCode.Unavailable"/>. Thread-safe.
    /// </summary>
    public abstract CancellationToken Stopping { get; }

    /// <summary>Headers of the answer. They are sent with the first message, or by <see cref="SendHeadersAsync"/>; changing them afterwards has no effect.</summary>
    public abstract ThriftMetadata ResponseHeaders { get; }

    /// <summary>Trailers of the answer. They are sent at the end, whatever the status.</summary>
    public abstract ThriftMetadata ResponseTrailers { get; }

    /// <summary>Values that belong to this call, for middleware and handler to share. Thread-safe.</summary>
    public abstract override IDictionary<object, object?> Items { get; }

    /// <summary>Sends <see cref="ResponseHeaders"/> now instead of with the first message.</summary>
    /// <param name="cancellationToken">Stops waiting for a caller that does not read; the headers are sent nevertheless.</param>
    /// <exception cref="InvalidOperationException">They have already been sent.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public abstract Task SendHeadersAsync(CancellationToken cancellationToken = default);

    internal static void SetCurrent(ThriftServerContext? context) => CurrentContext.Value = context;
}
