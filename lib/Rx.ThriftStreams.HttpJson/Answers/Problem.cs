using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rx.ThriftStreams.Dynamic;
using Rx.ThriftStreams.Transport;
using MadeCallErrors = Rx.ThriftStreams.AspNetCore.Hosting.MadeCallErrors;
using ProblemMembers = Rx.ThriftStreams.AspNetCore.Hosting.ProblemMembers;
using RetryPause = Rx.ThriftStreams.AspNetCore.Hosting.RetryPause;
using HttpStatuses = Rx.ThriftStreams.AspNetCore.Hosting.HttpStatus;

namespace Rx.ThriftStreams.HttpJson.Answers;

/// <summary>An error as problem details (RFC 9457), with members for what Thrift knows about it.</summary>
/// <param name="HttpStatus">The status of the response.</param>
/// <param name="Code">The status of the call.</param>
/// <param name="Detail">What happened; <see langword="null"/> if that is not for the caller.</param>
internal sealed record Problem(int HttpStatus, ThriftStatusCode Code, string? Detail)
{
    internal const string ContentType = "application/problem+json";

    /// <summary>The place in the JSON of the request; <see langword="null"/> if the request is not the cause.</summary>
    internal string? Path { get; init; }

    /// <summary>What kind of error it is; the name of the status unless there is a better one.</summary>
    internal string Title { get; init; } = Code.ToString();

    /// <summary>The exception of the IDL or the business error, if it is one.</summary>
    internal ThriftException? Error { get; init; }

    /// <summary>The seconds after which a call may succeed again, if they are known.</summary>
    internal long? RetryAfter { get; init; }

    /// <summary>The error of a call; <see langword="null"/> after success.</summary>
    internal static Problem? Of(in ServerCallOutcome outcome)
    {
        var code = outcome.Status.Code;
        return outcome.Error switch
        {
            null => null,
            ThriftDynamicException declared => Of(declared),
            ThriftDeclaredException declared => new(StatusCodes.Status422UnprocessableEntity, code, declared.Message) { Title = MadeCallErrors.TitleOf(declared), Error = declared },
            ThriftBizStatusException biz => new(code == ThriftStatusCode.Internal ? StatusCodes.Status422UnprocessableEntity : HttpStatuses.Of(code), code, biz.Message)
            {
                Title = MadeCallErrors.TitleOf(biz),
                Error = biz,
            },

            // The text is that of an internal error, which a service that is not available is not.
            _ when outcome.HidesCallMade && code != ThriftStatusCode.Internal => new(HttpStatuses.Of(code), code, null) { RetryAfter = RetryPause.SecondsAfter(outcome.Error) },
            _ => new(HttpStatuses.Of(code), code, outcome.RevealDetails || outcome.Error is ThriftException ? outcome.Error.Message : ServerCallOutcome.HiddenText)
            {
                Path = (outcome.Error.InnerException as ThriftJsonException)?.Path,
                RetryAfter = RetryPause.SecondsAfter(outcome.Error),
            },
        };
    }

    internal static Problem Of(ThriftDynamicException declared)
        => new(StatusCodes.Status422UnprocessableEntity, declared.StatusCode, MadeCallErrors.ThrownText(declared)) { Title = declared.Name, Error = declared };

    /// <summary>The error of a call that this host made to answer its caller.</summary>
    internal static Problem OfCallMade(Exception error) => error switch
    {
        ThriftException thrift when !MadeCallErrors.IsUnsent(thrift) => new(HttpStatuses.OfCallMade(thrift), thrift.StatusCode, MadeCallErrors.DetailOf(thrift))
        {
            Title = MadeCallErrors.TitleOf(thrift),
            Error = MadeCallErrors.DetailOf(thrift) is null ? null : thrift,
        },
        _ => new(StatusCodes.Status500InternalServerError, ThriftStatusCode.Internal, ServerCallOutcome.HiddenText),
    };

    /// <summary>Answers a request of which nothing was answered yet.</summary>
    internal async Task AnswerAsync(HttpResponse response, ThriftDynamicJsonOptions json)
    {
        var body = new ArrayBufferWriter<byte>();
        Write(body, json, ThriftMetadata.Empty, response.HttpContext);
        if (RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        response.StatusCode = HttpStatus;
        response.ContentType = ContentType;
        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory, response.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Appends the problem as JSON.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="json">How values are converted.</param>
    /// <param name="trailers">The trailers of a stream, which end with it.</param>
    /// <param name="http">The request that is answered.</param>
    internal void Write(IBufferWriter<byte> output, ThriftDynamicJsonOptions json, ThriftMetadata trailers, HttpContext http)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("type", ProblemMembers.Type);
        writer.WriteString("title", Title);
        writer.WriteNumber("status", HttpStatus);
        if (Detail is not null)
        {
            writer.WriteString("detail", Detail);
        }

        var value = Error is ThriftDynamicException { Value.Schema: not null } declared ? declared.Value.ToJson(json) : null;
        ProblemMembers.Write(writer, Code, Error, value);
        if (Path is not null)
        {
            writer.WriteString("path", Path);
        }

        writer.WriteString(ProblemMembers.TraceId, ProblemMembers.TraceOf(http));
        MetadataJson.Write(writer, "trailers", trailers);
        writer.WriteEndObject();
    }
}
