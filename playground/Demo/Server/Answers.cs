namespace Demo.Server;

/// <summary>What the demo's service says: a language model of two answers.</summary>
internal static class Answers
{
    private const string AboutStreaming =
        "Thrift streaming lets a method of a Thrift service send or take any number of messages. In the IDL it is one annotation, streaming.mode; "
        + "in C# it is an IAsyncEnumerable that you await, or an IObservable that you subscribe to. Each message arrives when it is ready, "
        + "and a reader that is slow makes the writer wait.";

    private const string AboutCounting =
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
        + "and so on until the client cancels, which on the wire is a reset of the stream, after which the server does not send any further words";

    /// <summary>The answer to a prompt, word by word, with longer words cut, as tokens often are.</summary>
    internal static IEnumerable<string> Tokens(string? prompt)
    {
        const int Longest = 12;
        var answer = prompt is not null && prompt.Contains("count", StringComparison.OrdinalIgnoreCase) ? AboutCounting : AboutStreaming;
        for (var start = 0; start < answer.Length;)
        {
            var space = answer.IndexOf(' ', start + 1);
            var wordEnd = space < 0 ? answer.Length : space;
            var end = Math.Min(wordEnd, start + Longest);
            yield return answer[start..end];
            start = end;
        }
    }

    /// <summary>The answer to one line of a chat.</summary>
    internal static string ToChat(string? line) => line switch
    {
        null or "" => "Say something.",
        _ when line.EndsWith('?') => $"\"{line}\" is a good question.",
        _ => $"You said \"{line}\".",
    };
}
