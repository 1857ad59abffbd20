using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Tests.Recordings;

namespace Rx.ThriftStreams.Tests.Conformance;

/// <summary>
/// Brings the lines of two client programs to one form. The recorded one prints what the specification of the interop programs does not ask for, and names Go's
/// types; time limits of the client's own side have a line of their own here.
/// </summary>
internal static partial class ClientLines
{
    internal static string OfRecording(Recording recording)
    {
        var lines = new List<string>();
        var isFirstForm = recording.Name.StartsWith("grpc-v1-", StringComparison.Ordinal);
        var error = string.Empty;
        foreach (var original in recording.ClientStdout)
        {
            var line = original.TrimEnd();
            var word = line.Split(' ')[0];
            error = word == "ERROR" ? line : error;
            line = word switch
            {
                "ERROR" or "TRANSERR" or "CANCEL" => string.Empty,
                "TTEX" => Stream(line, error),
                "STATUS" => Status(line),
                "BIZERR" => BizType().Replace(line, string.Empty),
                "TIMEOUT" => "TIMEOUT   kind=Rpc",
                "HEADERS" or "TRAILERS" => Metadata(word, line),
                "BACKWARD" => Backward(line),
                "RECV" when isFirstForm => line.Replace("RECV     ", $"RECV      [{lines.Count(other => other.StartsWith("RECV", StringComparison.Ordinal))}]", StringComparison.Ordinal),
                "RECV" => Received(line.Replace("<message unset>", "<unset>", StringComparison.Ordinal)),
                "DONE" => Done(line),
                _ => line,
            };
            lines.Add(line);
        }

        return Join(lines, isFirstForm);
    }

    internal static string OfOurs(string output, Recording recording)
    {
        var isFirstForm = recording.Name.StartsWith("grpc-v1-", StringComparison.Ordinal);
        var lines = output.Split('\n').Select(line => line.TrimEnd()).Select(line => line.Split(' ')[0] switch
        {
            "CANCEL" => string.Empty,
            "HEADERS" or "TRAILERS" => Metadata(line.Split(' ')[0], line),
            "BACKWARD" => Backward(line),
            "RECV" => Received(line),
            "DONE" when isFirstForm => DoneWithoutCount(line),
            "DONE" => Done(line),
            _ => line,
        });
        return Join(lines, isFirstForm);
    }

    private static string Join(IEnumerable<string> lines, bool onlyAnswers) => string.Join('\n', lines.Where(line => line.Length > 0
        && (!onlyAnswers || line.StartsWith("RECV", StringComparison.Ordinal) || line.StartsWith("DONE", StringComparison.Ordinal))));

    /// <summary>The recorded program shows more of some texts than the contract says; times differ.</summary>
    private static string Received(string line)
    {
        var start = line.IndexOf('"', StringComparison.Ordinal);
        if (start > 0 && line.Contains("meta:", StringComparison.Ordinal) && line.EndsWith('"'))
        {
            var text = JsonNode.Parse(line[start..])!.GetValue<string>();
            text = string.Join(",meta:", text.Split(",meta:").Select((part, i) =>
            {
                var at = i == 0 ? part.IndexOf("meta:", StringComparison.Ordinal) : 0;
                var meta = StreamAnswer.Meta(i == 0 ? part[at..] : "meta:" + part);
                return i == 0 ? part[..at] + meta : meta["meta:".Length..];
            }));
            return line[..start] + JsonSerializer.Serialize(text);
        }

        return line;
    }

    // What tells of an error is shown as the error.
    private static string Metadata(string word, string line)
        => line.Contains(" error: ", StringComparison.Ordinal) ? word : $"{word,-9} {ProtocolPairs().Replace(TransportPairs().Replace(line[word.Length..], string.Empty), string.Empty).Trim()}".TrimEnd();

    /// <summary>A Kitex client shows the headers of the protocol itself as backward values too.</summary>
    private static string Backward(string line)
    {
        var rest = ProtocolPairs().Replace(line["BACKWARD".Length..], string.Empty).Trim();
        return rest.Length == 0 ? string.Empty : $"BACKWARD  {rest}";
    }

    private static string Status(string line)
    {
        line = Details().Replace(line, string.Empty);
        return line.Contains("code=17(", StringComparison.Ordinal) ? "TIMEOUT   kind=Recv" : line;
    }

    private static string Stream(string line, string error)
    {
        var code = TypeNumber().Match(line).Groups[1].Value;
        return code switch
        {
            "12014" => "TIMEOUT   kind=Recv",
            "12015" => "TIMEOUT   kind=Stream",
            _ => $"STREAMEX  code={code} message={InteropProgram.Json.Quote(error[error.IndexOf('[', StringComparison.Ordinal)..])}",
        };
    }

    private static string DoneWithoutCount(string line) => $"DONE {line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]}";

    private static string Done(string line)
    {
        var received = ReceivedCount().Match(line).Value;
        return $"DONE {line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]} {received}".TrimEnd();
    }

    [GeneratedRegex(" type=\\S+$")]
    private static partial Regex BizType();

    [GeneratedRegex(" details=\\[.*\\]$")]
    private static partial Regex Details();

    [GeneratedRegex("type=(\\d+)")]
    private static partial Regex TypeNumber();

    [GeneratedRegex("received=\\d+")]
    private static partial Regex ReceivedCount();

    [GeneratedRegex("(content-type|date|content-length)=\"[^\"]*\"")]
    private static partial Regex TransportPairs();

    [GeneratedRegex("(biz-status|biz-message|biz-extra|crrst)=\"(\\\\.|[^\"])*\"")]
    private static partial Regex ProtocolPairs();
}
