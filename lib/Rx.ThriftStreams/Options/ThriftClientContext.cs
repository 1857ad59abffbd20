using System.Collections.Concurrent;
using System.Diagnostics;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams;

/// <summary>A call, as seen by the client's middleware.</summary>
[DebuggerDisplay("{Method}")]
public sealed class ThriftClientContext : ThriftCallContext
{
    private readonly ClientCallStart _start;
    private ConcurrentDictionary<object, object?>? _items;
    private string _peer = string.Empty;

    internal ThriftClientContext(ThriftMethod method, string transport, ClientCallStart start, CancellationToken over)
    {
        Method = method;
        Transport = transport;
        Options = start.Options;
        CancellationToken = over;
        _start = start;
    }

    /// <inheritdoc/>
    public override ThriftMethod Method { get; }

    /// <inheritdoc/>
    public override string Transport { get; }

    /// <inheritdoc/>
    public override string Peer => Volatile.Read(ref _peer);

    /// <summary>The headers of the request. Changes that stream middleware makes before it calls <c>next</c> are sent.</summary>
    public override ThriftMetadata RequestHeaders => _start.OwnHeaders;

    /// <summary>The metainfo to send. Changes that stream middleware makes before it calls <c>next</c> are sent.</summary>
    public override ThriftMetaInfo MetaInfo => _start.OwnMetaInfo;

    /// <inheritdoc/>
    public override DateTimeOffset? Deadline => _start.Deadline;

    /// <inheritdoc/>
    public override CancellationToken CancellationToken { get; }

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items => LazyInitializer.EnsureInitialized(ref _items);

    /// <summary>
    /// The settings of the call. What concerns creating its stream (<see cref="ThriftCallOptions.Endpoint"/>,
    /// <see cref="ThriftCallOptions.Authority"/>, <see cref="ThriftCallOptions.ConnectTimeout"/>, <see cref="ThriftCallOptions.Compressor"/>,
    /// <see cref="ThriftCallOptions.NoDelay"/>) can be changed by stream middleware before it calls <c>next</c>; changes of the rest have no effect.
    /// </summary>
    public ThriftCallOptions Options { get; set; }

    /// <summary>
    /// The business error with which the call ended, or <see langword="null"/>. Receive middleware sees such an end as an end, on every transport; the
    /// user's receive throws the error after the middleware.
    /// </summary>
    public ThriftBizStatusException? BizStatus { get; internal set; }

    /// <summary>What the stream is created with, according to the current settings.</summary>
    internal ClientCallStart Start => _start.With(Options);

    internal void SetPeer(string peer) => Volatile.Write(ref _peer, peer);
}
