using System.Globalization;

namespace Rx.ThriftStreams.InteropProgram;

/// <summary>The options of a command line: <c>--name value</c>, <c>--name=value</c> or <c>--flag</c>, with one dash or two.</summary>
public sealed class Arguments
{
    private static readonly HashSet<string> Flags = ["quiet", "tls", "no-close-send", "lockstep"];

    private readonly List<(string Name, string Value)> _values = [];
    private readonly HashSet<string> _asked = [];

    /// <summary>Takes a command line apart.</summary>
    public static Arguments Parse(IEnumerable<string> words)
    {
        var arguments = new Arguments();
        using var word = words.GetEnumerator();
        while (word.MoveNext())
        {
            var name = word.Current.StartsWith('-')
                ? word.Current.TrimStart('-')
                : throw new UsageException($"\"{word.Current}\" stands where an option was expected.");
            var equals = name.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                arguments._values.Add((name[..equals], name[(equals + 1)..]));
            }
            else if (Flags.Contains(name))
            {
                arguments._values.Add((name, "true"));
            }
            else
            {
                arguments._values.Add((name, word.MoveNext() ? word.Current : throw new UsageException($"The option --{name} needs a value.")));
            }
        }

        return arguments;
    }

    /// <summary>The last value of an option.</summary>
    public string? Text(string name) => All(name) is [.., var last] ? last : null;

    /// <summary>All values of an option, in order.</summary>
    public IReadOnlyList<string> All(string name)
    {
        _asked.Add(name);
        return [.. _values.Where(value => value.Name == name).Select(value => value.Value)];
    }

    /// <summary>An option that must be there.</summary>
    public string Required(string name) => Text(name) ?? throw new UsageException($"The option --{name} is missing.");

    /// <summary>A switch.</summary>
    public bool Flag(string name, bool otherwise = false) => Text(name) is { } text ? text == "true" : otherwise;

    /// <summary>A whole number.</summary>
    public int Number(string name, int otherwise) => Text(name) is { } text ? ParseNumber(name, text) : otherwise;

    /// <summary>A number with a fraction.</summary>
    public double Fraction(string name, double otherwise) => Text(name) is not { } text ? otherwise
        : double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
        : throw new UsageException($"The option --{name} needs a number, not \"{text}\".");

    /// <summary>Whole numbers with commas between.</summary>
    public int[] Numbers(string name, params int[] otherwise)
        => Text(name) is { } text ? [.. text.Split(',').Select(part => ParseNumber(name, part))] : otherwise;

    /// <summary>A length of time: <c>250ms</c>, <c>1.5s</c>, <c>2m</c>.</summary>
    public TimeSpan? Duration(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        foreach (var (unit, milliseconds) in (ReadOnlySpan<(string, double)>)[("ms", 1), ("us", 0.001), ("s", 1000), ("m", 60_000)])
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), CultureInfo.InvariantCulture, out var number))
            {
                return TimeSpan.FromMilliseconds(number * milliseconds);
            }
        }

        throw new UsageException($"The option --{name} needs a time such as 250ms or 3s, not \"{text}\".");
    }

    /// <summary>Values of the form <c>key=value</c>.</summary>
    public IEnumerable<(string Key, string Value)> Pairs(string name) => All(name).Select(text =>
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? (text[..equals], text[(equals + 1)..]) : throw new UsageException($"The option --{name} needs key=value, not \"{text}\".");
    });

    /// <summary>Complains of an option that nobody asked for.</summary>
    public void CheckAllKnown()
    {
        if (_values.Find(value => !_asked.Contains(value.Name)) is { Name: { } unknown })
        {
            throw new UsageException($"There is no option --{unknown}.");
        }
    }

    private static int ParseNumber(string name, string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new UsageException($"The option --{name} needs a number, not \"{text}\".");
}
