using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Rx.ThriftStreams.Dynamic;

namespace Rx.ThriftStreams.Tool;

/// <summary>
/// JSON with placeholders, from which a bench creates messages: <c>{{counter}}</c>, <c>{{random}}</c>, <c>{{random:MIN:MAX}}</c>, <c>{{uuid}}</c>, <c>{{text:LENGTH}}</c>. A template
/// without placeholders is encoded once. Thread-safe.
/// </summary>
internal sealed partial class MessageTemplate
{
    private const int LongestText = 16 * 1024 * 1024;

    private readonly ThriftStructSchema _schema;
    private readonly ThriftDynamicJsonOptions _json;
    private readonly string[] _literals;
    private readonly Action<StringBuilder>[] _placeholders;
    private readonly ThriftDynamicMessage? _message;
    private long _counter = -1;

    private MessageTemplate(ThriftStructSchema schema, ThriftDynamicJsonOptions json, string[] literals, Action<StringBuilder>[] placeholders)
    {
        _schema = schema;
        _json = json;
        _literals = literals;
        _placeholders = placeholders.Length == 0 ? [] : placeholders;
        _message = placeholders.Length == 0 ? ThriftDynamicMessage.FromJson(schema, literals[0], json) : null;
    }

    /// <exception cref="UsageException">A placeholder is not known or malformed.</exception>
    /// <exception cref="ThriftJsonException">The JSON does not fit the schema.</exception>
    public static MessageTemplate Parse(ThriftStructSchema schema, string text, ThriftDynamicJsonOptions json)
    {
        var matches = Placeholders().Matches(text);
        var literals = new string[matches.Count + 1];
        var placeholders = new Action<StringBuilder>[matches.Count];
        var template = new MessageTemplate?[1];
        var end = 0;
        for (var i = 0; i < matches.Count; i++)
        {
            literals[i] = text[end..matches[i].Index];
            end = matches[i].Index + matches[i].Length;
            placeholders[i] = Of(matches[i], template);
        }

        literals[^1] = text[end..];
        template[0] = new(schema, json, literals, placeholders);

        // The first message shows whether the JSON fits.
        _ = template[0]!.Create(isTrial: true);
        return template[0]!;
    }

    /// <summary>Creates the next message.</summary>
    public ThriftDynamicMessage Create() => Create(isTrial: false);

    private ThriftDynamicMessage Create(bool isTrial)
    {
        if (_message is not null)
        {
            return _message;
        }

        var text = new StringBuilder();
        for (var i = 0; i < _placeholders.Length; i++)
        {
            text.Append(_literals[i]);
            _placeholders[i](text);
        }

        text.Append(_literals[^1]);
        if (isTrial)
        {
            _counter = -1;
        }

        return ThriftDynamicMessage.FromJson(_schema, text.ToString(), _json);
    }

    private static Action<StringBuilder> Of(Match match, MessageTemplate?[] template)
    {
        var arguments = match.Groups["arguments"].Value;
        switch (match.Groups["name"].Value, arguments.Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            case ("counter", []):
                return text => text.Append(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref template[0]!._counter)}");
            case ("uuid", []):
                return static text => text.Append(Guid.NewGuid().ToString());
            case ("random", []):
                return static text => text.Append(CultureInfo.InvariantCulture, $"{Random.Shared.Next()}");
            case ("random", [var least, var most]) when TryParse(least, out var from) && TryParse(most, out var to) && from <= to && to < long.MaxValue:
                return text => text.Append(CultureInfo.InvariantCulture, $"{Random.Shared.NextInt64(from, to + 1)}");
            case ("text", [var length]) when TryParse(length, out var count) && count is >= 0 and <= LongestText:
                return text => text.Append('x', (int)count);
            default:
                throw new UsageException($"The placeholder {match.Value} is not known. Use {{{{counter}}}}, {{{{random}}}}, {{{{random:MIN:MAX}}}}, {{{{uuid}}}} or {{{{text:LENGTH}}}}.");
        }
    }

    private static bool TryParse(string text, out long value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    // "{{" occurs in JSON only within texts.
    [GeneratedRegex(@"\{\{(?<name>[a-z]+)(?<arguments>(:[^:{}""]*)*)\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholders();
}
