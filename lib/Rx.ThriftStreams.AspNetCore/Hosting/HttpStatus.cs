using Microsoft.AspNetCore.Http;

namespace Rx.ThriftStreams.AspNetCore.Hosting;

/// <summary>The statuses of HTTP for those of calls.</summary>
internal static class HttpStatus
{
    /// <summary>The status of HTTP for a call that this host answers, as Google's APIs map them.</summary>
    internal static int Of(ThriftStatusCode code) => code switch
    {
        ThriftStatusCode.OK => StatusCodes.Status200OK,
        ThriftStatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        ThriftStatusCode.InvalidArgument or ThriftStatusCode.FailedPrecondition or ThriftStatusCode.OutOfRange => StatusCodes.Status400BadRequest,
        ThriftStatusCode.DeadlineExceeded or ThriftStatusCode.ReceiveDeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        ThriftStatusCode.NotFound or ThriftStatusCode.UnknownService => StatusCodes.Status404NotFound,
        ThriftStatusCode.AlreadyExists or ThriftStatusCode.Aborted => StatusCodes.Status409Conflict,
        ThriftStatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        ThriftStatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        ThriftStatusCode.Unimplemented => StatusCodes.Status501NotImplemented,
        ThriftStatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ThriftStatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>
    /// The status of HTTP for an error of a call that this host made while it handled a request. It differs where the error is about the host and its own call, not about the request: its
    /// credentials, what the server serves, answers that this host does not accept, and faults of the server are <c>502</c>.
    /// </summary>
    internal static int OfCallMade(ThriftException error) => error switch
    {
        ThriftDeclaredException or ThriftBizStatusException { StatusCode: ThriftStatusCode.Internal } => StatusCodes.Status422UnprocessableEntity,
        _ when MadeCallErrors.IsOversizeRequest(error) => StatusCodes.Status413PayloadTooLarge,
        _ when MadeCallErrors.IsOversizeAnswer(error) => StatusCodes.Status502BadGateway,
        {
            StatusCode: ThriftStatusCode.Cancelled or ThriftStatusCode.UnknownService or ThriftStatusCode.Unimplemented
                or ThriftStatusCode.PermissionDenied or ThriftStatusCode.Unauthenticated
        } => StatusCodes.Status502BadGateway,
        _ => Of(error.StatusCode) is not StatusCodes.Status500InternalServerError and var status ? status : StatusCodes.Status502BadGateway,
    };
}
