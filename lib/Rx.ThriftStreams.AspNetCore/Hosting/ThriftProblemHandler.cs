using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>Answers a request whose handler failed because of a Thrift call that it made.</summary>
internal sealed class ThriftProblemHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not ThriftException error || MadeCallErrors.IsUnsent(error))
        {
            // The host answers with 500, and logs it.
            return false;
        }

        httpContext.Response.StatusCode = HttpStatus.OfCallMade(error);
        if (RetryPause.SecondsAfter(error) is { } seconds)
        {
            httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var context = new ProblemDetailsContext
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails =
            {
                Type = ProblemMembers.Type,
                Status = httpContext.Response.StatusCode,
                Title = MadeCallErrors.TitleOf(error),
                Detail = MadeCallErrors.DetailOf(error),
            },
        };
        ProblemMembers.Add(context.ProblemDetails.Extensions, error);
        await problems.TryWriteAsync(context).ConfigureAwait(false);

        // Also where the caller accepts no problem details: the status is set.
        return true;
    }
}
