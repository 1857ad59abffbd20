namespace Rx.ThriftStreams.Wire;

/// <summary>The texts that stand for a handler that failed with an exception which was not meant for its caller. They are recognized as well where a server passed them on.</summary>
internal static class HandlerFaultTexts
{
    private const string Start = "The handler of ";
    private const string Failed = " failed";
    private const string Hidden = "The handler failed. Its server logs the reason, and does not send it to callers.";

    /// <summary>The text instead of Kitex's for one that is hidden.</summary>
    internal static string OfHidden => Hidden;

    /// <summary>The text instead of Kitex's for a panic.</summary>
    /// <param name="method">The method.</param>
    /// <param name="reason">Why it failed, if the server says so.</param>
    internal static string OfPanic(ReadOnlySpan<char> method, ReadOnlySpan<char> reason)
        => reason.IsEmpty ? $"{Start}{method}{Failed}." : $"{Start}{method}{Failed}: {reason}";

    internal static bool Matches(string text)
        => text == Hidden || (text.StartsWith(Start, StringComparison.Ordinal) && text.Contains(Failed, StringComparison.Ordinal));
}
