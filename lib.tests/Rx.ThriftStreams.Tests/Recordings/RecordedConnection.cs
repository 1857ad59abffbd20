using System.Globalization;

namespace Rx.ThriftStreams.Tests.Recordings;

/// <summary>The bytes of one recorded connection, in the chunks in which they were read. They are unpacked when first asked for.</summary>
internal sealed class RecordedConnection(string[] clientToServer, string[] serverToClient)
{
    private readonly Lazy<byte[][]> _clientToServer = new(() => [.. clientToServer.Select(Unpack)]);
    private readonly Lazy<byte[][]> _serverToClient = new(() => [.. serverToClient.Select(Unpack)]);

    public IReadOnlyList<byte[]> ClientToServer => _clientToServer.Value;

    public IReadOnlyList<byte[]> ServerToClient => _serverToClient.Value;

    public byte[] Bytes(bool fromClient) => [.. (fromClient ? ClientToServer : ServerToClient).SelectMany(c => c)];

    private static byte[] Unpack(string chunk)
    {
        var bytes = new List<byte>();
        foreach (string part in chunk.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int star = part.IndexOf('*', StringComparison.Ordinal);
            byte[] row = Convert.FromHexString(star < 0 ? part : part[..star]);
            int times = star < 0 ? 1 : int.Parse(part.AsSpan(star + 1), CultureInfo.InvariantCulture);
            for (; times > 0; times--)
            {
                bytes.AddRange(row);
            }
        }

        return [.. bytes];
    }
}
