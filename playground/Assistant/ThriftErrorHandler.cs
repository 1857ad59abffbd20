// <sample beside-problems>
using Microsoft.AspNetCore.Diagnostics;
using Rx.ThriftStreams;

/// <summary>Answers a REST request whose Thrift call failed with problem details (RFC 9457).</summary>
internal sealed class ThriftErrorHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not ThriftException error)
        {
            return false;
        }

        httpContext.Response.StatusCode = error switch
        {
            ThriftBizStatusException or ThriftDeclaredException => StatusCodes.Status422UnprocessableEntity,
            { StatusCode: ThriftStatusCode.InvalidArgument or ThriftStatusCode.FailedPrecondition or ThriftStatusCode.OutOfRange } => StatusCodes.Status400BadRequest,
            { StatusCode: ThriftStatusCode.NotFound } => StatusCodes.Status404NotFound,
            { StatusCode: ThriftStatusCode.AlreadyExists or ThriftStatusCode.Aborted } => StatusCodes.Status409Conflict,
            { StatusCode: ThriftStatusCode.ResourceExhausted } => StatusCodes.Status429TooManyRequests,
            { StatusCode: ThriftStatusCode.Unavailable } => StatusCodes.Status503ServiceUnavailable,
            { StatusCode: ThriftStatusCode.DeadlineExceeded or ThriftStatusCode.ReceiveDeadlineExceeded } => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status502BadGateway,
        };
        await problems.TryWriteAsync(new()
        {
            HttpContext = httpContext,

            // The texts of other errors name addresses and limits of this side.
            ProblemDetails = { Title = error.StatusCode.ToString(), Detail = error is ThriftStatusException or ThriftBizStatusException or ThriftDeclaredException ? error.Message : null },
        });

        // Also where the caller accepts no problem details: the status is set.
        return true;
    }
}
// </sample beside-problems>
