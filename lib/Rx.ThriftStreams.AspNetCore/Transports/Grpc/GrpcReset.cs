using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rx.ThriftStreams.AspNetCore.Transports.Grpc;

/// <summary>Ends a request by RST_STREAM.</summary>
internal static class GrpcReset
{
    internal static void Send(HttpContext http, int errorCode)
    {
        if (http.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(errorCode);
        }
        else
        {
            http.Abort();
        }
    }
}
