namespace Rx.ThriftStreams.Wire;

/// <summary>A form in which a ping-pong message travels.</summary>
/// <param name="Transport">The transport, as options name it.</param>
/// <param name="Name">Its name in contexts, events and telemetry.</param>
/// <param name="HasHeader">Whether a TTHeader precedes the message.</param>
/// <param name="IsFramed">Whether the message's length precedes it.</param>
/// <param name="IsHttp">Whether it is the body of a request or response of HTTP.</param>
internal sealed record PingPongForm(ThriftTransport Transport, string Name, bool HasHeader, bool IsFramed, bool IsHttp = false)
{
    internal static PingPongForm TTHeader { get; } = new(ThriftTransport.TTHeader, "ttheader", HasHeader: true, IsFramed: false);

    internal static PingPongForm TTHeaderFramed { get; } = new(ThriftTransport.TTHeaderFramed, "ttheaderframed", HasHeader: true, IsFramed: true);

    internal static PingPongForm Framed { get; } = new(ThriftTransport.Framed, "framed", HasHeader: false, IsFramed: true);

    internal static PingPongForm Buffered { get; } = new(ThriftTransport.Buffered, "buffered", HasHeader: false, IsFramed: false);

    internal static PingPongForm Http { get; } = new(ThriftTransport.Http, "http", HasHeader: false, IsFramed: false, IsHttp: true);
}
