using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>Which protocols are meant.</summary>
internal static class ProtocolChecks
{
    /// <exception cref="ArgumentOutOfRangeException">The value names no protocol, or an unknown one.</exception>
    internal static void ThrowIfNone(ThriftProtocols protocols, [CallerArgumentExpression(nameof(protocols))] string? name = null)
    {
        if (protocols == ThriftProtocols.None || (protocols & ~ThriftProtocols.All) != 0)
        {
            throw new ArgumentOutOfRangeException(name, protocols, "Name at least one protocol, and only those that ThriftProtocols defines.");
        }
    }

    /// <summary>The protocol of a form of ping-pong calls.</summary>
    internal static ThriftProtocols Of(ThriftTransport transport) => transport switch
    {
        ThriftTransport.Framed => ThriftProtocols.Framed,
        ThriftTransport.Buffered => ThriftProtocols.Buffered,
        ThriftTransport.Http => ThriftProtocols.Http,
        _ => ThriftProtocols.TTHeader,
    };
}
