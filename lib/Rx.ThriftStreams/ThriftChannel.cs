using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Governance;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Streams;

namespace Rx.ThriftStreams;

/// <summary>A way to the servers of a service: their addresses, the connections to them, and the rules for creating streams.</summary>
/// <remarks>
/// Thread-safe and meant to live long: make one for each destination and share it. Connections are made by the first call that needs one.
/// </remarks>
[DebuggerDisplay("{Address}")]
public sealed class ThriftChannel : IAsyncDisposable
{
    private readonly ThriftChannelOptions _options;
    private readonly StreamConnector _connector;
    private int _disposed;

    private ThriftChannel(ThriftAddress address, ThriftChannelOptions options)
    {
        _options = options;
        Address = address.ToString();
        Logger = options.LoggerFactory.CreateLogger<ThriftChannel>();
        _connector = new StreamConnector(address, options);
    }

    /// <summary>The address that the channel was made for.</summary>
    public string Address { get; }

    internal ILogger Logger { get; }

    /// <summary>Makes a channel to one or more fixed addresses.</summary>
    /// <param name="address">
    /// <c>grpc://host:port</c> or <c>ttheader://host:port</c>; <c>grpcs</c> or <c>ttheaders</c> for TLS. Several endpoints are separated by commas:
    /// <c>grpc://10.0.0.1:8888,10.0.0.2:8888</c>; streams are then spread over them.
    /// </param>
    /// <param name="options">Settings; the defaults if <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The address cannot be understood; the text says why.</exception>
    public static ThriftChannel ForAddress(string address, ThriftChannelOptions? options = null)
        => new(ThriftAddress.Parse(address), options ?? new ThriftChannelOptions());

    /// <summary>Creates the stream of a call: runs the connect pipeline and joins call and stream.</summary>
    /// <exception cref="ThriftException">The stream could not be created.</exception>
    internal async ValueTask<ClientCall<TRequest, TResponse>> OpenAsync<TRequest, TResponse>(
        ThriftMethod<TRequest, TResponse> method,
        ThriftCallOptions options,
        CancellationToken methodToken,
        CancellationToken enumerationToken = default)
        where TRequest : class, IThriftStruct<TRequest>
        where TResponse : class, IThriftStruct<TResponse>
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var parent = _options.FlowServerContext ? ThriftServerContext.Current : null;
        var start = CallStartFactory.Create(options.Over(_options.Defaults), parent, _options.TimeProvider);
        var call = new ClientCall<TRequest, TResponse>(method, start, parent, methodToken, enumerationToken);
        try
        {
            call.Attach(await _connector.ConnectAsync(method, start, call.Over).ConfigureAwait(false));
            return call;
        }
        catch (Exception error)
        {
            var reason = call.Explain(error);
            call.End(reason);
            if (ReferenceEquals(reason, error))
            {
                throw;
            }

            ExceptionDispatchInfo.Throw(reason);
            throw;
        }
    }

    /// <summary>Closes the connections. Calls that go on fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _connector.DisposeAsync().ConfigureAwait(false);
        }
    }
}
