using System.Globalization;

namespace Rx.ThriftStreams.Wire;

/// <summary>Kitex's BizStatusError on the wire: the pairs <c>biz-status</c>, <c>biz-message</c> and <c>biz-extra</c>, the same on every transport.</summary>
internal static class BizStatus
{
    internal const string StatusKey = "biz-status";
    internal const string MessageKey = "biz-message";
    internal const string ExtraKey = "biz-extra";

    /// <summary>Reads the pairs. A status of 0 is not an error.</summary>
    /// <param name="status">The value of <c>biz-status</c>; <see langword="null"/> if the peer did not send it.</param>
    /// <param name="message">The text: <c>biz-message</c>, or the status's own text over gRPC.</param>
    /// <param name="extra">The value of <c>biz-extra</c>; <see langword="null"/> if the peer did not send it.</param>
    /// <param name="statusCode">The status that came with the pairs.</param>
    /// <param name="malformedCode">Kitex's number for malformed pairs on this transport.</param>
    /// <param name="trailers">The trailers that came with them.</param>
    /// <param name="details">The bytes of <c>google.rpc.Status</c> that came with them.</param>
    /// <returns>
    /// A <see cref="ThriftBizStatusException"/>; a <see cref="ThriftProtocolException"/> if the pairs are malformed; <see langword="null"/> if they do not
    /// contain an error.
    /// </returns>
    internal static ThriftException? Read(
        string? status,
        string message,
        string? extra,
        ThriftStatusCode statusCode,
        int malformedCode,
        ThriftMetadata trailers,
        ReadOnlyMemory<byte>? details = null)
    {
        if (status is null)
        {
            return null;
        }

        if (!int.TryParse(status, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code))
        {
            return Malformed(StatusKey, status, malformedCode);
        }

        if (code == 0)
        {
            return null;
        }

        Dictionary<string, string>? values = null;
        return extra is not null && !BizExtra.TryParse(extra, out values)
            ? Malformed(ExtraKey, extra, malformedCode)
            : new ThriftBizStatusException(code, message, values, statusCode) { Trailers = trailers, Details = details };
    }

    /// <summary>Adds the pairs to those of an answer.</summary>
    /// <param name="error">The error.</param>
    /// <param name="pairs">Receives the pairs.</param>
    /// <param name="withMessage">Whether the text is sent as a pair; over gRPC it is the text of the status.</param>
    internal static void AddTo(ThriftBizStatusException error, List<KeyValuePair<string, string>> pairs, bool withMessage)
    {
        pairs.Add(new(StatusKey, error.Code.ToString(CultureInfo.InvariantCulture)));
        if (withMessage)
        {
            pairs.Add(new(MessageKey, error.Message));
        }

        if (error.Extra.Count > 0)
        {
            pairs.Add(new(ExtraKey, BizExtra.Format(error.Extra)));
        }
    }

    private static ThriftProtocolException Malformed(string key, string value, int code)
        => new($"The server's business error is malformed: {key} is \"{value}\".") { Kitex = new(code, $"malformed header info, {key[4..]}: {value}") { IsStream = code == TTStreamCodes.IllegalBizError } };
}
