namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>A feature of connections beyond the limit of the server: their calls are refused.</summary>
internal sealed class ConnectionOverLimit
{
    private ConnectionOverLimit()
    {
    }

    internal static ConnectionOverLimit Instance { get; } = new();
}
