using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Rx.ThriftStreams.Hosting;

/// <summary>Reads a section of the configuration into options, without reflection. What it cannot read is an error that names the key.</summary>
internal sealed class OptionSection(IConfigurationSection section, string client)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a value if the section has it.</summary>
    internal OptionSection Read<T>(string key, Action<T> set)
        where T : IParsable<T>
    {
        _known.Add(key);
        if (section[key] is { } text)
        {
            set(T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : throw Unreadable(key, text, typeof(T).Name));
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
            var group = new OptionSection(child, client);
            read(group);
            group.ThrowIfUnknown();
        }

        return this;
    }

    /// <summary>Reads each item of a list.</summary>
    internal OptionSection List(string key, Action<OptionSection> read) => Group(key, list =>
    {
        foreach (var item in list.Children)
        {
            list.Group(item, read);
        }
    });

    /// <summary>Throws if the section has a key that was not read: it would have no effect.</summary>
    internal void ThrowIfUnknown()
    {
        if (section.GetChildren().FirstOrDefault(child => !_known.Contains(child.Key)) is { } unknown)
        {
            throw Invalid($"{unknown.Path} is not an option of a Thrift client. Use one of: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
        }
    }

    internal OptionsValidationException Missing(string key) => Invalid($"{section.Path}:{key} is not set. Set it.");

    private IEnumerable<string> Children => section.GetChildren().Select(static child => child.Key);

    internal OptionsValidationException Invalid(string message) => new(client, typeof(ThriftClientOptions), [message]);

    private OptionsValidationException Unreadable(string key, string text, string type) => Invalid($"{section.Path}:{key} is \"{text}\", which is not a {type}.");
}
