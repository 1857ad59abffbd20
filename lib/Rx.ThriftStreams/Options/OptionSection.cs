using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Rx.ThriftStreams.Options;

/// <summary>Reads a section of the configuration into options, without reflection. What it cannot read is an error that names the key.</summary>
/// <param name="section">The section.</param>
/// <param name="owner">What the options are of, for messages: "a Thrift client".</param>
/// <param name="failure">Makes an exception of a message.</param>
internal sealed class OptionSection(IConfigurationSection section, string owner, Func<string, Exception> failure)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a value if the section has it.</summary>
    internal OptionSection Read<T>(string key, Action<T> set)
        where T : IParsable<T>
    {
        _known.Add(key);
        if (section[key] is { } text)
        {
            set(T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : throw Unreadable(key, text, NameOf<T>()));
        }

        return this;
    }

    /// <summary>Reads a text. An empty one is not set, as an empty variable of the environment.</summary>
    internal OptionSection ReadText(string key, Action<string> set)
    {
        _known.Add(key);
        if (section[key] is { Length: > 0 } text)
        {
            set(text);
        }

        return this;
    }

    /// <summary>Reads a duration. A bare number is refused: TimeSpan takes it for days.</summary>
    internal OptionSection ReadTime(string key, Action<TimeSpan> set)
    {
        _known.Add(key);
        if (section[key] is { } text)
        {
            set(text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value)
                ? value
                : string.Equals(text, "Infinite", StringComparison.OrdinalIgnoreCase)
                    ? Timeout.InfiniteTimeSpan
                    : throw Unreadable(key, text, "duration, such as 00:00:03.5 or Infinite"));
        }

        return this;
    }

    /// <summary>Reads the name of a value of an enumeration.</summary>
    internal OptionSection ReadName<T>(string key, Action<T> set)
        where T : struct, Enum
    {
        _known.Add(key);
        if (section[key] is { } text)
        {
            set(Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value)
                ? value
                : throw Unreadable(key, text, $"{typeof(T).Name}: {string.Join(", ", Enum.GetNames<T>())}"));
        }

        return this;
    }

    /// <summary>Reads a group of options if the section has it.</summary>
    internal OptionSection Group(string key, Action<OptionSection> read)
    {
        _known.Add(key);
        var child = section.GetSection(key);
        if (child.Exists())
        {
            var group = new OptionSection(child, owner, failure);
            read(group);
            group.ThrowIfUnknown();
        }

        return this;
    }

    /// <summary>Reads each item of a list.</summary>
    internal OptionSection List(string key, Action<OptionSection> read) => Named(key, (_, item) => read(item));

    /// <summary>Reads each child of a group by its name, which the configuration chooses.</summary>
    internal OptionSection Named(string key, Action<string, OptionSection> read) => Group(key, names =>
    {
        foreach (var name in names.Children)
        {
            names.Group(name, item => read(name, item));
        }
    });

    /// <summary>Throws if the section has a key that was not read: it would have no effect.</summary>
    internal void ThrowIfUnknown()
    {
        if (section.GetChildren().FirstOrDefault(child => !_known.Contains(child.Key)) is { } unknown)
        {
            throw Invalid($"{unknown.Path} is not an option of {owner}. Use one of: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
        }
    }

    /// <summary>Throws if there is nothing to read: its name is likely to be misspelled, here or in the configuration.</summary>
    internal OptionSection ThrowIfMissing(string reader)
        => section.Exists() ? this : throw Invalid($"The configuration has no section {section.Path}, which {reader} reads, or the section is empty.");

    internal Exception Missing(string key) => Invalid($"{section.Path}:{key} is not set. Set it.");

    /// <summary>A value can be read, but what it names cannot be used.</summary>
    internal Exception Unusable(string key, string reason) => Invalid($"{section.Path}:{key} is \"{section[key]}\", which cannot be used: {reason}");

    internal Exception Invalid(string message) => failure(message);

    /// <summary>The failure for a value that was read from a section and that a check of the options has refused.</summary>
    /// <param name="section">The section that the options were read from, if they were.</param>
    /// <param name="refused">The error of the check, which names the option.</param>
    /// <param name="owner">What the name of the option begins with that is not a key.</param>
    /// <returns><see langword="null"/> if the value does not come from the section.</returns>
    internal static string? FailureOf(IConfigurationSection? section, ArgumentOutOfRangeException refused, string owner = "")
    {
        if (section is null || refused.ParamName is not { } option || !option.StartsWith(owner, StringComparison.Ordinal))
        {
            return null;
        }

        var key = KeyOf(option[owner.Length..]);
        return section[key] is { } text && IsValue(text, refused.ActualValue)
            ? $"{section.Path}:{key} is \"{text}\", which cannot be used: {refused.Message.Split(" (Parameter '", 2)[0]}"
            : null;
    }

    /// <summary>The key of an option: <c>Limits.FrameTimeout</c>, <c>Methods["Ask"].Timeout</c>, <c>Services[chat.Chat/Ask].ConcurrentCalls</c>.</summary>
    private static string KeyOf(string option)
    {
        var key = new StringBuilder(option.Length);
        var isInBrackets = false;
        foreach (var c in option)
        {
            isInBrackets = c == '[' || (isInBrackets && c != ']');
            if (c is not ('"' or ']'))
            {
                key.Append(c == '[' || (c == '.' && !isInBrackets) ? ':' : c);
            }
        }

        return key.ToString();
    }

    private static bool IsValue(string text, object? value) => value switch
    {
        // Code may have replaced what the section has.
        TimeSpan time => time == Timeout.InfiniteTimeSpan
            ? string.Equals(text, "Infinite", StringComparison.OrdinalIgnoreCase)
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var read) && read == time,
        IConvertible number => double.TryParse(text, CultureInfo.InvariantCulture, out var read) && read.Equals(number.ToDouble(CultureInfo.InvariantCulture)),
        _ => false,
    };

    private IEnumerable<string> Children => section.GetChildren().Select(static child => child.Key);

    private Exception Unreadable(string key, string text, string type) => Invalid($"{section.Path}:{key} is \"{text}\", which is not a {type}.");

    private static string NameOf<T>()
        => typeof(T) == typeof(bool) ? "Boolean: true or false"
        : typeof(T) == typeof(int) || typeof(T) == typeof(long) ? $"whole number of the type {typeof(T).Name}"
        : typeof(T) == typeof(double) ? "number, such as 0.5"
        : typeof(T).Name;
}
