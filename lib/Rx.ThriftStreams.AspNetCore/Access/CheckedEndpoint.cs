namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>Marks an endpoint of this library that is not a method of a service, and whose authorization is checked at the start too.</summary>
/// <param name="Name">Names it in messages.</param>
internal sealed record CheckedEndpoint(string Name);
