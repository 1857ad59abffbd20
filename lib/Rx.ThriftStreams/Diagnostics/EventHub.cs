using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>Delivers the events of calls.</summary>
internal sealed class EventHub(ILogger logger) : EventHub<ThriftStreamEvent>(logger)
{
    /// <summary>Delivers an event, unless its call has finished.</summary>
    internal void Publish(CallObservation call, in ThriftStreamEvent next) => Publish(next, call, next.Kind == ThriftStreamEventKind.RpcFinish);
}
