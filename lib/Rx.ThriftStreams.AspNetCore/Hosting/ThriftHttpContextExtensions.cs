using System.Diagnostics;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore.Transports.Grpc;
using Rx.ThriftStreams.AspNetCore.Transports.PingPong;

namespace Microsoft.AspNetCore.Http;

/// <summary>Tells Thrift calls from other HTTP requests, for telemetry and middleware.</summary>
public static class ThriftHttpContextExtensions
{
    /// <summary>
    /// Whether a request is a Thrift call: over gRPC, <c>application/grpc+thrift</c>, or over HTTP as Apache Thrift sends it, <c>application/x-thrift</c>. Decided by the content type alone, so that it can be asked before
    /// routing; whether a service is mapped does not matter. Calls of grpc-dotnet, and JSON, are other requests.
    /// </summary>
    /// <param name="httpContext">The request.</param>
    public static bool IsThriftCall(this HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return httpContext.Request.ContentType is { } type
            && (GrpcRequestHandler.IsThriftContentType(type) || HttpPingPongHandler.IsThrift(type));
    }

    /// <summary>
    /// Leaves the span of a Thrift call to this library: for the <c>Filter</c> of OpenTelemetry's instrumentation of ASP.NET Core, <c>options.Filter = http => !http.TakesThriftSpan()</c>. The span of
    /// <see cref="ThriftDiagnostics.ActivitySourceName"/> then is a child of the caller's; without a filter a call has two spans, and it is a child of ASP.NET Core's.
    /// </summary>
    /// <param name="httpContext">The request, before it is handled.</param>
    /// <returns>Whether it <see cref="IsThriftCall">is a Thrift call</see>. <see cref="Activity.Current"/>, ASP.NET Core's, is then <see langword="null"/>, so that what the instrumentation leaves out is not the parent.</returns>
    public static bool TakesThriftSpan(this HttpContext httpContext)
    {
        if (!httpContext.IsThriftCall())
        {
            return false;
        }

        Activity.Current = null;
        return true;
    }
}
