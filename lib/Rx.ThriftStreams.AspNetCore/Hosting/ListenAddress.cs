using System.Net;
using System.Net.Sockets;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>The forms in which one says where a server listens.</summary>
internal static class ListenAddress
{
    private const string UnixPrefix = "unix:";

    /// <summary>Reads <c>unix:/path</c>, or <c>address:port</c>, where <c>localhost</c> is the loopback address and <c>*</c>, or nothing, every address of the machine.</summary>
    /// <exception cref="FormatException">The text has none of these forms.</exception>
    internal static EndPoint Parse(string text)
    {
        if (text.Length > UnixPrefix.Length && text.StartsWith(UnixPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return new UnixDomainSocketEndPoint(text[UnixPrefix.Length..]);
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), out var port))
        {
            throw Malformed(text);
        }

        var address = text[..colon] switch
        {
            "localhost" => IPAddress.Loopback,
            "*" or "" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            var bracketed when bracketed.StartsWith('[') => IPAddress.TryParse(bracketed, out var v6) ? v6 : throw Malformed(text),
            var plain => IPAddress.TryParse(plain, out var v4) && v4.AddressFamily == AddressFamily.InterNetwork ? v4 : throw Malformed(text),
        };
        return new IPEndPoint(address, port);
    }

    /// <summary>An endpoint as channels call it: the inverse of <see cref="Parse"/>.</summary>
    internal static string Describe(EndPoint endpoint) => endpoint is UnixDomainSocketEndPoint ? $"{UnixPrefix}{endpoint}" : endpoint.ToString()!;

    private static FormatException Malformed(string text) => new(
        $"\"{text}\" is not an address to listen on. Use address:port, such as 127.0.0.1:8888 or [::1]:8888, localhost:8888, or *:8888 for every address of the machine; or unix:/path for a Unix domain socket.");
}
