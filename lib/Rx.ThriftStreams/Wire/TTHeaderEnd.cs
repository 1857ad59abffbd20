using System.Globalization;
using Rx.ThriftStreams.Primitives;
using Rx.ThriftStreams.Transport;

namespace Rx.ThriftStreams.Wire;

/// <summary>How a TRAILER tells the outcome of a call, in the words of Kitex's server.</summary>
/// <param name="Type">The number of the error.</param>
/// <param name="Text">Its text; <see langword="null"/> if there is none.</param>
/// <param name="Biz">The business error that stands in the pairs.</param>
internal readonly record struct TTHeaderEnd(int Type, string? Text, ThriftBizStatusException? Biz)
{
    internal static TTHeaderEnd Error(string text) => new((int)ThriftApplicationErrorType.InternalError, text, null);

    internal static TTHeaderEnd Of(in ServerCallOutcome outcome, ThriftException? cancelled, string method)
    {
        switch (outcome.Error)
        {
            case null:
                return default;
            case ThriftBizStatusException biz:
                return new(0, null, biz);
            case ThriftApplicationException own when outcome.Origin == ServerFaultOrigin.Framework:
                return new((int)own.Type, own.Message, null);
            case var _ when cancelled is not null:
                return Error($"biz error: {cancelled.Message}");
            case ThriftStatusException status when outcome.Origin == ServerFaultOrigin.Handler:
                return Error(string.Create(CultureInfo.InvariantCulture, $"biz error: rpc error: code = {(int)status.StatusCode} desc = {status.Message}"));
            case ThriftException thrift:
                return Error($"biz error: {thrift.Message}");
            case var fault when outcome.Origin == ServerFaultOrigin.HandlerFault:
                var text = outcome.RevealDetails ? $" {fault.Message}" : string.Empty;
                return Error($"panic: [happened in biz handler, method={method}, please check the panic at the server side]{text}");
            case var error:
                return Error($"biz error: {(outcome.RevealDetails ? error.Message : "internal error")}");
        }
    }

    internal void AddTo(FrameBuffer buffer, int streamId, string method, ThriftMetadata trailers)
    {
        var frame = buffer.Begin(TTHeaderFrameType.Trailer, streamId, method);
        foreach (var (name, value) in trailers)
        {
            frame.AddString(name, value);
        }

        if (Biz is not null)
        {
            frame.AddString(TTHeaderStringKeys.BizStatus, Biz.Code.ToString(CultureInfo.InvariantCulture));
            frame.AddString(TTHeaderStringKeys.BizMessage, Biz.Message);
            if (Biz.Extra.Count > 0)
            {
                frame.AddString(TTHeaderStringKeys.BizExtra, BizExtra.Format(Biz.Extra));
            }
        }

        if (Text is null)
        {
            buffer.End();
        }
        else
        {
            buffer.End(method, streamId, Type, Text);
        }
    }
}
