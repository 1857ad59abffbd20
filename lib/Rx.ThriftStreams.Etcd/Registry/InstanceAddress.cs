using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>The address under which a server is registered.</summary>
internal static class InstanceAddress
{
    /// <exception cref="ArgumentException">It is not an address that a client can use.</exception>
    internal static string Resolve(string address, Func<string, string?> environment)
    {
        var colon = address.LastIndexOf(':');
        if (colon < 0)
        {
            throw new ArgumentException($"The address \"{address}\" to register has no port. Write host:port.", nameof(address));
        }

        var host = Or(environment("KITEX_IP_TO_REGISTRY"), address[..colon].Trim('[', ']'));
        var port = Or(environment("KITEX_PORT_TO_REGISTRY"), address[(colon + 1)..]);
        if (host is "" or "*" or "+" or "0.0.0.0" or "::")
        {
            host = FirstAddress();
        }

        return new ThriftEndpoint(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}").Address;
    }

    private static string Or(string? first, string second) => string.IsNullOrEmpty(first) ? second : first;

    private static string FirstAddress()
        => NetworkInterface.GetAllNetworkInterfaces()
            .Where(static card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
            .Select(static unicast => unicast.Address)
            .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))?.ToString()
            ?? throw new ArgumentException("The address to register stands for all interfaces, and the machine has no IPv4 address but the loopback one. Name a host.");
}
