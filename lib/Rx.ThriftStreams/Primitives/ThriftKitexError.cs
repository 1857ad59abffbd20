namespace Rx.ThriftStreams;

/// <summary>An error in Kitex's terms, which differ from transport to transport: for logs and for code that is ported from Go.</summary>
public sealed class ThriftKitexError
{
    internal ThriftKitexError(int code, string text, IReadOnlyList<string>? cancelPath = null)
    {
        Code = code;
        Text = text;
        CancelPath = cancelPath ?? [];
    }

    /// <summary>
    /// The number: over gRPC <c>grpc-status</c>, over TTHeader Streaming 12001–12015 or the number that a reset carried, over ping-pong the type of
    /// Thrift's application exception.
    /// </summary>
    public int Code { get; }

    /// <summary>The text as it travelled, with Kitex's marks such as <c>[biz error]</c>.</summary>
    public string Text { get; }

    /// <summary>The services that a cancellation passed through, the first one first. Empty outside of TTHeader Streaming.</summary>
    public IReadOnlyList<string> CancelPath { get; }

    /// <summary>Whether the number is one of TTHeader Streaming, which is forwarded when a handler's own call is cancelled with the handler.</summary>
    internal bool IsStream { get; init; }

    /// <summary>Whether a handler received it from its caller.</summary>
    internal bool IsServerSide { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Code}: {Text}");
}
