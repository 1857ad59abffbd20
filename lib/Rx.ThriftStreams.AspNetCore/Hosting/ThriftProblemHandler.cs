using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.AspNetCore.Dispatch;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Answers a request whose handler failed because of a Thrift call that it made.</summary>
internal sealed class ThriftProblemHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not ThriftException error)
        {
            return false;
        }

        httpContext.Response.StatusCode = HttpStatus.OfCallMade(error);

        // The texts of other errors name addresses and limits of this side, and those about its credentials are not for others either.
        var detail = ServerFaults.IsMeantForCaller(error) && error.StatusCode is not (ThriftStatusCode.Unauthenticated or ThriftStatusCode.PermissionDenied) ? error.Message : null;
        await problems.TryWriteAsync(new()
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = { Status = httpContext.Response.StatusCode, Title = error.StatusCode.ToString(), Detail = detail },
        }).ConfigureAwait(false);

        // Also where the caller accepts no problem details: the status is set.
        return true;
    }
}
