using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rx.ThriftStreams;
using Rx.ThriftStreams.AspNetCore.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Errors of Thrift calls as answers to HTTP requests.</summary>
public static class ThriftProblemDetailsExtensions
{
    /// <summary>
    /// Answers an HTTP request whose handler failed with a <see cref="ThriftException"/>, because of a call that it made, with problem details (RFC 9457). Calls <c>AddProblemDetails()</c>; the application
    /// calls <c>UseExceptionHandler()</c>.
    /// </summary>
    /// <param name="services">The services of the host. Calling it again has no effect.</param>
    /// <returns>The same services.</returns>
    /// <remarks>
    /// <para>
    /// The title is the name of <see cref="ThriftException.StatusCode"/>, or that of an exception of the IDL, or <c>BusinessError</c> for a business error without a status of its own. The detail is the text of a <see cref="ThriftStatusException"/>, <see cref="ThriftBizStatusException"/> or <see cref="ThriftDeclaredException"/>, which
    /// a handler threw for its caller; other texts, which name addresses and limits of this host or say that the handler failed otherwise, are left out, and so are those of Unauthenticated and PermissionDenied.
    /// </para>
    /// <para>
    /// The status: 413 for a request that the called server refuses because of its size, with a detail that does not name its limit; 400 for InvalidArgument, FailedPrecondition and OutOfRange; 404 for NotFound; 409 for AlreadyExists and Aborted; 422 for an exception of the IDL and a business error without a status of its own; 429 for
    /// ResourceExhausted; 503 for Unavailable, also if no bearer token could be obtained; 504 for DeadlineExceeded and ReceiveDeadlineExceeded; 502 for all others, also for Unauthenticated and PermissionDenied, which are about the credentials of this host, and for answers that are larger than this host accepts. 503 and 429 have the header <c>Retry-After</c> if it is known when a
    /// call may succeed again: from an open circuit breaker, or from the trailer <c>grpc-retry-pushback-ms</c> of the server.
    /// </para>
    /// <para>
    /// A request that cannot be written, for instance because a required field is not set, was not sent: that is a mistake of this host, which it answers with 500 and logs as any other exception.
    /// </para>
    /// <para>
    /// Further members are <c>code</c>, the number of the status; <c>exception</c>, the name of an exception of the IDL, with its fields as <c>value</c> if a dynamic client received it; <c>bizCode</c> and <c>bizExtra</c> of a business error.
    /// </para>
    /// <para>
    /// <see cref="ProblemDetailsOptions.CustomizeProblemDetails"/> changes the answer, with the exception in <see cref="ProblemDetailsContext.Exception"/>; an <see cref="IExceptionHandler"/> that is added before replaces it.
    /// A response that has started cannot be replaced: it is aborted, as after any other exception.
    /// </para>
    /// </remarks>
    public static IServiceCollection AddThriftProblemDetails(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddProblemDetails();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, ThriftProblemHandler>());
        return services;
    }
}
