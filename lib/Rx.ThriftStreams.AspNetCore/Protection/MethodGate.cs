using Rx.ThriftStreams.Wire;

namespace Rx.ThriftStreams.AspNetCore.Protection;

/// <summary>The limits that calls of one method meet: those of the server, of its service, and its own. Thread-safe.</summary>
internal sealed class MethodGate(LimitScope server, LimitScope service, LimitScope method)
{
    /// <summary>A call begins.</summary>
    /// <returns>What the call holds; disposing it at the end of the call releases it.</returns>
    /// <exception cref="RefusedException">A limit is reached.</exception>
    internal Entry Enter()
    {
        var refusal = server.TryEnter(out var inServer, out var serverRate);
        if (refusal is not null)
        {
            throw new RefusedException(refusal.Value);
        }

        refusal = service.TryEnter(out var inService, out var serviceRate);
        if (refusal is null)
        {
            refusal = method.TryEnter(out var inMethod, out _);
            if (refusal is null)
            {
                return new(inServer ? server : null, inService ? service : null, inMethod ? method : null);
            }

            service.Return(serviceRate);
        }

        // What the call took from one limit before another refused it is available to the next call.
        server.Return(serverRate);
        new Entry(inServer ? server : null, inService ? service : null, null).Dispose();
        throw new RefusedException(refusal.Value);
    }

    /// <summary>The limit of messages on one stream; <see langword="null"/> for none.</summary>
    internal int? MessagesPerSecond => Least(Least(server.MessagesPerSecond, service.MessagesPerSecond), method.MessagesPerSecond);

    private static int? Least(int? one, int? other) => one is null ? other : other is null ? one : Math.Min(one.Value, other.Value);

    /// <summary>What a running call holds of the limits.</summary>
    internal readonly struct Entry(LimitScope? server, LimitScope? service, LimitScope? method) : IDisposable
    {
        public void Dispose()
        {
            server?.Leave();
            service?.Leave();
            method?.Leave();
        }
    }
}
