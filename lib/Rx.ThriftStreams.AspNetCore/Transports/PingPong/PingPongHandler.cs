using System.IO.Pipelines;
using Rx.ThriftStreams.AspNetCore.Access;
using Rx.ThriftStreams.AspNetCore.Dispatch;
using Rx.ThriftStreams.Sockets;

namespace Rx.ThriftStreams.AspNetCore.Transports.PingPong;

/// <summary>Serves connections that carry ping-pong calls. One instance per host.</summary>
internal sealed class PingPongHandler(ThriftServerRuntime runtime, PingPongDispatcher dispatcher)
{
    /// <summary>Serves a connection until it ends. Never fails.</summary>
    /// <param name="transport">The bytes, from the first one on.</param>
    /// <param name="control">The connection under the bytes.</param>
    /// <param name="connection">What calls learn of the connection.</param>
    /// <param name="aborted">The connection is lost.</param>
    /// <param name="stopping">The server stops: what was sent is answered, then the connection is closed.</param>
    internal Task RunAsync(IDuplexPipe transport, IConnectionControl control, ServerConnection connection, CancellationToken aborted, CancellationToken stopping)
        => new PingPongServerConnection(runtime, dispatcher, transport, control, connection).RunAsync(aborted, stopping);
}
