using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>The texts that requests of a connection repeat. Not thread-safe: one reader uses them.</summary>
internal sealed class RequestTexts
{
    private LastText _method;
    private LastText _service;
    private LastText _caller;
    private LastText _host;

    internal string Method(ReadOnlySpan<byte> utf8) => _method.Read(utf8);

    internal string Service(ReadOnlySpan<byte> utf8) => _service.Read(utf8);

    internal string Caller(ReadOnlySpan<byte> utf8) => _caller.Read(utf8);

    internal string Host(ReadOnlySpan<byte> utf8) => _host.Read(utf8);
}
