using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Client;

/// <summary>The transports of a channel: one for streams and one for ping-pong calls, from its address and options.</summary>
internal sealed class TransportSelection
{
    private readonly ClientTransportDescriptor _streams;
    private readonly ClientTransportDescriptor _calls;

    /// <exception cref="ArgumentException">A transport cannot carry what it was chosen for.</exception>
    internal TransportSelection(ThriftAddress address, ThriftChannelOptions options)
    {
        _streams = ClientTransports.Get(options.StreamTransport ?? address.StreamTransport);
        _calls = ClientTransports.Get(options.PingPongTransport ?? address.PingPongTransport);
        if (!_streams.Has(TransportCapabilities.Streams))
        {
            throw new ArgumentException(
                $"{nameof(options.StreamTransport)} is {_streams.Kind}, which does not carry streams. Use one of: {ClientTransports.ListOf(TransportCapabilities.Streams)}.");
        }

        if (!_calls.Has(TransportCapabilities.Calls))
        {
            throw new ArgumentException(
                $"{nameof(options.PingPongTransport)} is {_calls.Kind}, which carries streams only. Use one of: {ClientTransports.ListOf(TransportCapabilities.Calls)}.");
        }

        if (options.PingPong.NeedsApacheTransport && !_calls.Has(TransportCapabilities.ApacheProtocols))
        {
            throw new ArgumentException(
                $"{nameof(options.PingPong)} selects {(options.PingPong.StrictBinary ? options.PingPong.Protocol : "Binary without a version")}, but {_calls.Kind} carries strict Binary only. "
                + $"Set {nameof(options.PingPongTransport)} to one of: {ClientTransports.ListOf(TransportCapabilities.ApacheProtocols)}.");
        }

        if (options.Connections.Mode == ThriftConnectionMode.Pipelined
            && !_calls.Has(TransportCapabilities.Pipelining)
            && !_calls.Has(TransportCapabilities.SharedConnections))
        {
            throw new ArgumentException(
                $"{nameof(options.Connections)}.{nameof(options.Connections.Mode)} is {options.Connections.Mode}, but {_calls.Kind} carries one call at a time. "
                + $"Use one of {ClientTransports.ListOf(TransportCapabilities.Calls | TransportCapabilities.Pipelining)}, or pooled connections.");
        }

        if (options.Connections.Mode == ThriftConnectionMode.Multiplexed && !_calls.Has(TransportCapabilities.SharedConnections))
        {
            throw new ArgumentException(
                $"{nameof(options.Connections)}.{nameof(options.Connections.Mode)} is {options.Connections.Mode}, but the answers of {_calls.Kind} do not identify their calls. "
                + $"Use one of {ClientTransports.ListOf(TransportCapabilities.Calls | TransportCapabilities.SharedConnections)}, or pooled connections.");
        }
    }

    /// <summary>The transports that calls may use.</summary>
    internal ClientTransportDescriptor[] All => ReferenceEquals(_streams, _calls) ? [_streams] : [_streams, _calls];

    /// <summary>The transport that a method's calls use. Unary methods are streams over HTTP/2 and ping-pong calls elsewhere, as in Kitex.</summary>
    internal ClientTransportDescriptor For(ThriftMethod method)
        => method.IsStreaming || (method.Mode == ThriftStreamingMode.Unary && _streams.Has(TransportCapabilities.UnaryStreams)) ? _streams : _calls;
}
