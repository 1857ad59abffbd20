using Rx.ThriftStreams.Options;
using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams;

/// <summary>Settings of a channel's ping-pong calls to servers of Apache Thrift: <see cref="ThriftChannelOptions.PingPong"/>. Kitex's servers take the defaults alone.</summary>
public sealed class ThriftPingPongOptions
{
    internal ThriftPingPongOptions()
    {
    }

    /// <summary>
    /// How messages are laid out. Default <see cref="ThriftProtocol.Binary"/>; another needs a transport without TTHeader: <see cref="ThriftTransport.Framed"/>,
    /// <see cref="ThriftTransport.Buffered"/> or <see cref="ThriftTransport.Http"/>. Answers are read in whichever protocol they come.
    /// </summary>
    public ThriftProtocol Protocol { get; set; }

    /// <summary>
    /// Whether Binary messages begin with a version. Default <see langword="true"/>; <see langword="false"/> is for servers that know only the form without, and
    /// needs a transport without TTHeader.
    /// </summary>
    public bool StrictBinary { get; set; } = true;

    /// <summary>
    /// Whether requests name their service, as <c>Service:method</c>, for servers that serve several by Apache's <c>TMultiplexedProcessor</c>. The name is that of the
    /// IDL. Default <see langword="false"/>. Requests with a TTHeader always name it there.
    /// </summary>
    public bool SendServiceName { get; set; }

    /// <summary>The path of requests over <see cref="ThriftTransport.Http"/>, which may have a query. Default <c>/</c>.</summary>
    public string HttpPath { get; set; } = "/";

    /// <summary>Whether these need a transport without TTHeader.</summary>
    internal bool NeedsApacheTransport => Protocol != ThriftProtocol.Binary || !StrictBinary;

    internal ThriftPingPongOptions Snapshot() => (ThriftPingPongOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        if (!Enum.IsDefined(Protocol))
        {
            throw new ArgumentOutOfRangeException($"{owner}.{nameof(Protocol)}", Protocol, "The value is not one of the enumeration's.");
        }

        OptionChecks.HttpPath(HttpPath, $"{owner}.{nameof(HttpPath)}");
    }
}
