using System.Runtime.CompilerServices;

namespace Rx.ThriftStreams.Tool;

/// <summary>The JSON of requests: from the command line, a file, or the standard input.</summary>
/// <param name="data">The JSON; <c>@</c> and a path for a file, <c>@-</c> or <see langword="null"/> for the standard input.</param>
/// <param name="standardInput">The standard input.</param>
internal sealed class MessageInput(string? data, TextReader standardInput)
{
    /// <summary>All of it, as one message.</summary>
    public async Task<string> ReadAllAsync(CancellationToken cancellationToken)
    {
        using var text = Open();
        return await text.ReadToEndAsync(cancellationToken);
    }

    /// <summary>A message for each line that is not blank, as it arrives.</summary>
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var text = Open();
        while (await text.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return line;
            }
        }
    }

    private TextReader Open() => data switch
    {
        null or "@-" => standardInput,
        ['@', .. var path] => new StreamReader(path),
        _ => new StringReader(data),
    };
}
