namespace Rx.ThriftStreams.Wire;

/// <summary>
/// Recognizes the texts with which servers refuse a message that they cannot decode. Over gRPC, Kitex and servers of this library send Thrift's number of a protocol error,
/// 7, which as a status means that the caller lacks permission: only the text distinguishes the two.
/// </summary>
internal static class UndecodableTexts
{
    /// <summary>Two parts of a text, in this order; between them are names and numbers.</summary>
    private static readonly (string Part, string Then)[] s_marks =
    [
        // The codec of this library, generated code for structs and unions, messages that are forwarded as bytes, and compression.
        (" (at byte ", ")."),
        ("required field ", " is not set"),
        ("union ", ": exactly one field must be set, but "),
        (" bytes follow the struct.", ""),
        ("The message is nested deeper than ", ""),
        ("An unknown field ", " type "),
        (" is not a Thrift type.", ""),
        ("A message cannot be decompressed as ", ""),

        // Code that Kitex generates, what its decoders append, and its text for the number alone.
        (" read struct begin error: ", ""),
        (" read field ", " error: "),
        (" skip type ", " error: "),
        (" caught in FastCodec ", ""),
        (" caught in Frugal ", ""),
        (" caught in SkipDecoder ", ""),
        ("unknown protocol error", ""),
    ];

    internal static bool Matches(string text)
    {
        foreach (var (part, then) in s_marks)
        {
            if (text.IndexOf(part, StringComparison.Ordinal) is >= 0 and var at && text.IndexOf(then, at + part.Length, StringComparison.Ordinal) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
