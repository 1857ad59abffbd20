using System.Diagnostics;

namespace Rx.ThriftStreams.Diagnostics;

/// <summary>W3C trace context in headers: <c>traceparent</c>, <c>tracestate</c> and whatever else the process's propagator writes.</summary>
internal static class TraceContext
{
    /// <summary>Adds the context of an activity to request headers, unless the user has set one.</summary>
    internal static void Inject(Activity activity, ThriftMetadata headers)
    {
        if (headers.TryGetValue("traceparent", out _))
        {
            return;
        }

        DistributedContextPropagator.Current.Inject(activity, headers, static (carrier, name, value) =>
        {
            try
            {
                ((ThriftMetadata)carrier!).Add(name, value);
            }
            catch (ArgumentException)
            {
                // Baggage may hold values that a header cannot. That must not fail the call.
            }
        });
    }

    /// <summary>The caller's context, or <see langword="default"/>.</summary>
    internal static ActivityContext Extract(ThriftMetadata headers)
    {
        DistributedContextPropagator.Current.ExtractTraceIdAndState(
            headers,
            static (object? carrier, string name, out string? value, out IEnumerable<string>? values) =>
            {
                values = null;
                ((ThriftMetadata)carrier!).TryGetValue(name, out value);
            },
            out var parent,
            out var state);
        return ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default;
    }
}
