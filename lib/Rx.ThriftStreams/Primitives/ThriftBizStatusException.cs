using System.Collections.Frozen;

namespace Rx.ThriftStreams;

/// <summary>
/// A business error, not a failure of the call: Kitex's BizStatusError. A handler throws it; the caller catches it with
/// the same code, text and extra values.
/// </summary>
/// <remarks>Carried by gRPC, TTHeader and TTHeader Streaming. Framed and Buffered cannot carry it.</remarks>
public sealed class ThriftBizStatusException : ThriftException
{
    /// <summary>Creates the error.</summary>
    /// <param name="code">The business code; any number but 0.</param>
    /// <param name="message">The business text.</param>
    /// <param name="extra">Additional values; copied.</param>
    /// <param name="statusCode">The gRPC status that goes with it. Default <see cref="ThriftStatusCode.Internal"/>, as in Kitex.</param>
    public ThriftBizStatusException(
        int code,
        string message,
        IReadOnlyDictionary<string, string>? extra = null,
        ThriftStatusCode statusCode = ThriftStatusCode.Internal)
        : base(message)
    {
        ArgumentOutOfRangeException.ThrowIfZero(code);
        ArgumentOutOfRangeException.ThrowIfEqual((int)statusCode, 0, nameof(statusCode));
        Code = code;
        Extra = extra is null ? FrozenDictionary<string, string>.Empty : extra.ToFrozenDictionary(StringComparer.Ordinal);
        StatusCode = statusCode;
    }

    /// <summary>The business code.</summary>
    public int Code { get; }

    /// <summary>Additional values; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Extra { get; }

    /// <summary>The gRPC status that went with it.</summary>
    public override ThriftStatusCode StatusCode { get; }

    /// <summary>The bytes of <c>google.rpc.Status</c> that travel in <c>grpc-status-details-bin</c>, or <see langword="null"/>. Carried over gRPC only.</summary>
    public ReadOnlyMemory<byte>? Details { get; init; }

    /// <summary>The trailers that came with the error; empty if there were none.</summary>
    public ThriftMetadata Trailers { get; init; } = ThriftMetadata.Empty;
}
