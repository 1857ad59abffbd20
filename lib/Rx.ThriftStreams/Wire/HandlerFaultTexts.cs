namespace Rx.ThriftStreams.Wire;

/// <summary>The texts that stand for an error which was not meant for the caller: of the handler, or of a call that it made. They are recognized as well where a server passed them on.</summary>
internal static class HandlerFaultTexts
{
    private const string Start = "The handler of ";
    private const string Failed = " failed";
    private const string Hidden = " Its server logs the reason, and does not send it to callers.";

    /// <summary>The text instead of Kitex's for one that is hidden. A status other than Internal is that of a call which the handler made.</summary>
    internal static string OfHidden(ThriftStatusCode code) => code switch
    {
        ThriftStatusCode.Internal => "The handler failed." + Hidden,
        ThriftStatusCode.Unavailable => "A service that the handler calls is not available." + Hidden,
        ThriftStatusCode.DeadlineExceeded => "A call that the handler made took too long." + Hidden,
        _ => "A call that the handler made failed." + Hidden,
    };

    /// <summary>The text instead of Kitex's for a panic.</summary>
    /// <param name="method">The method.</param>
    /// <param name="reason">Why it failed, if the server says so.</param>
    internal static string OfPanic(ReadOnlySpan<char> method, ReadOnlySpan<char> reason)
        => reason.IsEmpty ? $"{Start}{method}{Failed}." : $"{Start}{method}{Failed}: {reason}";

    internal static bool Matches(ThriftStatusCode code, string text)
        => text.EndsWith(Hidden, StringComparison.Ordinal)
            || (code == ThriftStatusCode.Internal && text.StartsWith(Start, StringComparison.Ordinal) && text.Contains(Failed, StringComparison.Ordinal));
}
