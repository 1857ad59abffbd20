namespace Rx.ThriftStreams.Wire;

/// <summary>
/// The names and tags of <c>grpc.health.v1</c>, for client and server: <c>HealthCheckRequest { string service = 1; }</c> and <c>HealthCheckResponse { ServingStatus status = 1; }</c>.
/// </summary>
internal static class HealthProtocol
{
    internal const string Service = "grpc.health.v1.Health";
    internal const byte ServiceTag = (1 << 3) | 2;
    internal const byte StatusTag = 1 << 3;
}

/// <summary>The statuses of <c>grpc.health.v1</c>, with their numbers on the wire.</summary>
internal enum ServingStatus
{
    Serving = 1,
    NotServing = 2,
    ServiceUnknown = 3,
}
