using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Transport;

/// <summary>The server's side of a transport: one call as it was received, before its messages have types.</summary>
internal abstract class ServerTransportCall
{
    /// <summary>The transport's name, as <see cref="ThriftServerContext.Transport"/> shows it.</summary>
    internal abstract string Transport { get; }

    internal abstract string Peer { get; }

    /// <summary>What brought the call.</summary>
    internal abstract ThriftServerConnection Connection { get; }

    /// <summary>The host that the caller addresses, where the protocol has a place of its own for it; <see langword="null"/> otherwise.</summary>
    internal virtual string? Host => null;

    /// <summary>Whether its connection is one too many, so that the call is refused.</summary>
    internal virtual bool IsOverConnectionLimit => false;

    internal abstract string CallerService { get; }

    internal abstract ThriftMetadata RequestHeaders { get; }

    internal abstract ThriftMetaInfo MetaInfo { get; }

    /// <summary>The time that the caller allows the call, counted from its arrival; <see langword="null"/> for no limit.</summary>
    internal abstract TimeSpan? Timeout { get; }

    /// <summary>Cancelled when the caller cancels or its connection is lost.</summary>
    internal abstract CancellationToken Aborted { get; }

    /// <summary>Why <see cref="Aborted"/> is cancelled. Read only after it is.</summary>
    internal virtual ThriftException AbortReason => new ThriftStatusException(ThriftStatusCode.Cancelled, "The caller cancelled the call.");

    /// <summary>The reason with which calls are cancelled that are still running when the handler has ended; <see langword="null"/> for the usual reason.</summary>
    internal virtual ThriftException? HandlerEndedReason => null;

    /// <summary>The error for every operation that finds the caller gone: the only form in which a transport reports it.</summary>
    /// <param name="cause">The error by which the transport detected it.</param>
    internal CallerGoneException CallerGone(Exception? cause = null) => new(cause, Aborted);

    /// <summary>The caller has cancelled the call or is lost. Called once, while the handler runs, from any thread.</summary>
    internal virtual void OnCallerGone()
    {
    }

    /// <summary>Gives the call's messages their types. Called once.</summary>
    internal abstract ServerTransportStream<TRequest, TResponse> Bind<TRequest, TResponse>(ThriftMethod<TRequest, TResponse> method)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>;

    /// <summary>Sends response headers. If this is not called, the headers are sent with the first message.</summary>
    internal abstract ValueTask SendHeadersAsync(ThriftMetadata headers);

    /// <summary>
    /// The message of a oneway call has arrived and its handler is about to run. A transport on which the caller could otherwise cancel the call by disconnecting
    /// answers now.
    /// </summary>
    internal virtual ValueTask AcknowledgeOnewayAsync() => default;

    /// <summary>Ends the call. Called once, last, whatever happened; must not fail because the caller is gone.</summary>
    /// <param name="outcome">How the handler ended.</param>
    /// <param name="headers">Response headers, sent if none were sent before.</param>
    /// <param name="trailers">Response trailers.</param>
    internal abstract ValueTask CompleteAsync(ServerCallOutcome outcome, ThriftMetadata headers, ThriftMetadata trailers);
}
