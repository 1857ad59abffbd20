using Rx.ThriftStreams.Contracts;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.HttpJson.Calls;

/// <summary>A method that is served as JSON. Metadata of its endpoints.</summary>
/// <param name="Service">Its service.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Json">How values are converted.</param>
/// <param name="Origins">The origins of other servers whose pages may call it.</param>
/// <param name="KeepAliveInterval">How often a silent WebSocket is probed.</param>
internal sealed record JsonMethod(ThriftServiceSchema Service, ThriftMethodSchema Schema, ThriftDynamicJsonOptions Json, OriginRule Origins, TimeSpan KeepAliveInterval)
{
    /// <summary>Whether the method is called over WebSocket.</summary>
    internal bool TakesStream => Schema.Method.TakesStream;

    /// <summary>Whether the method answers with events.</summary>
    internal bool IsServerStreaming => Schema.Mode == ThriftStreamingMode.Server;
}
