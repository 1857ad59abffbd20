using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Notifies a connection of the requests on it that are not Thrift calls over gRPC: those of other services and pages of the application, which end when their own code or the host ends them.</summary>
internal sealed class OtherRequests : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.Use(static following => http =>
        {
            // A connection over the limit of connections is to end, whatever runs on it.
            if (!GrpcRequestHandler.IsThriftContentType(http.Request.ContentType) && http.Features.Get<GrpcConnection>() is { IsOverLimit: false } connection)
            {
                connection.Drain.EnterOther();

                // Not when the application has returned: its answer is sent after that.
                http.Response.OnCompleted(
                    static drain =>
                    {
                        ((GrpcDrain)drain).LeaveOther();
                        return Task.CompletedTask;
                    },
                    connection.Drain);
            }

            return following(http);
        });
        next(application);
    };
}
