namespace Rx.ThriftStreams;

/// <summary>How a call ended: a code and, unless it is <see cref="ThriftStatusCode.OK"/>, usually a text.</summary>
/// <param name="Code">The code; peers may send numbers that <see cref="ThriftStatusCode"/> does not list.</param>
/// <param name="Message">The text; empty if there is none.</param>
public readonly record struct ThriftStatus(ThriftStatusCode Code, string Message)
{
    /// <summary>Success.</summary>
    public static ThriftStatus Success { get; } = new(ThriftStatusCode.OK, string.Empty);

    /// <summary>Whether the call succeeded.</summary>
    public bool IsOK => Code == ThriftStatusCode.OK;

    /// <inheritdoc/>
    public override string ToString() => Message is null or "" ? $"{(int)Code} ({Code})" : $"{(int)Code} ({Code}): {Message}";
}
