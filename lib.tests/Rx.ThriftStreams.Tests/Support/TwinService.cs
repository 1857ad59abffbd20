using Twin;

namespace Rx.ThriftStreams.Tests.Support;

internal sealed class TwinService : ITwinService
{
    public Task<Empty> EchoPingPongAsync(Empty req, CancellationToken cancellationToken = default) => Task.FromResult(req);
}
