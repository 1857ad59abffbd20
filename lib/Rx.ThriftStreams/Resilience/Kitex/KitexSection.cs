using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>Reads members of Kitex's configuration: what is absent is false or zero, and what is unknown is ignored.</summary>
internal static class KitexSection
{
    /// <exception cref="FormatException">It is neither true nor false.</exception>
    internal static bool Flag(this IConfiguration section, string member)
        => section[member] is not { Length: > 0 } text
            ? false
            : bool.TryParse(text, out var value) ? value : throw Invalid(section, member, text, "true or false");

    /// <exception cref="FormatException">It is not a whole number.</exception>
    internal static int Number(this IConfiguration section, string member)
        => section[member] is not { Length: > 0 } text
            ? 0
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Invalid(section, member, text, "a whole number");

    /// <exception cref="FormatException">It is not a number.</exception>
    internal static double Fraction(this IConfiguration section, string member)
        => section[member] is not { Length: > 0 } text
            ? 0
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : throw Invalid(section, member, text, "a number");

    /// <summary>A time in milliseconds. Zero or less is none.</summary>
    internal static TimeSpan? Milliseconds(this IConfiguration section, string member)
        => section.Number(member) is > 0 and var time ? TimeSpan.FromMilliseconds(time) : null;

    /// <summary>A limit. Zero or less is none.</summary>
    internal static int? Limit(this IConfiguration section, string member) => section.Number(member) is > 0 and var limit ? limit : null;

    /// <summary>Describes a value that cannot be used.</summary>
    internal static FormatException Invalid(IConfiguration section, string member, string text, string expected)
    {
        var path = section is IConfigurationSection { Path: var owner } ? ConfigurationPath.Combine(owner, member) : member;
        return new FormatException($"{path} is \"{text}\". It must be {expected}.");
    }
}
