using System.Globalization;

namespace Rx.ThriftStreams.Tool;

/// <summary>Durations of options: a number and a unit.</summary>
internal static class Durations
{
    /// <param name="text">The value: <c>500ms</c>, <c>5s</c>, <c>2m</c>.</param>
    /// <param name="option">The option, for the message of the exception.</param>
    /// <param name="mayBeZero">Whether zero is a value.</param>
    /// <exception cref="UsageException">It is malformed or out of range.</exception>
    public static TimeSpan Parse(string text, string option, bool mayBeZero = false)
    {
        var (number, unit) = text switch
        {
            [.. var n, 'm', 's'] => (n, 1.0),
            [.. var n, 's'] => (n, 1000.0),
            [.. var n, 'm'] => (n, 60_000.0),
            _ => ("", 0),
        };
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && (value > 0 || (mayBeZero && value == 0)) && value * unit < int.MaxValue
            ? TimeSpan.FromMilliseconds(value * unit)
            : throw new UsageException($"{option} needs a {(mayBeZero ? "" : "positive ")}number and a unit, such as 500ms, 5s or 2m, not \"{text}\".");
    }
}
