using System.Globalization;

namespace Rx.ThriftStreams.Transports.Grpc;

/// <summary>The value of <c>grpc-timeout</c>: up to eight digits and a unit.</summary>
internal static class GrpcTimeoutFormat
{
    private const long LargestNumber = 99_999_999;

    // Nanoseconds a unit, finest first.
    private static readonly (char Unit, Int128 Nanoseconds)[] Units =
    [
        ('n', 1), ('u', 1_000), ('m', 1_000_000), ('S', 1_000_000_000), ('M', 60_000_000_000), ('H', 3_600_000_000_000),
    ];

    /// <summary>Writes the time in the finest unit that holds it, rounded up. What is not positive becomes <c>0n</c>.</summary>
    internal static string Encode(TimeSpan time)
    {
        if (time <= TimeSpan.Zero)
        {
            return "0n";
        }

        var nanoseconds = (Int128)time.Ticks * 100;
        foreach (var (unit, size) in Units)
        {
            var number = (nanoseconds + size - 1) / size;
            if (number <= LargestNumber)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{(long)number}{unit}");
            }
        }

        return "99999999H";
    }

    /// <summary>Reads the value; times longer than a <see cref="TimeSpan"/> holds become the longest.</summary>
    /// <returns><see langword="false"/> if it is malformed.</returns>
    internal static bool TryDecode(ReadOnlySpan<char> text, out TimeSpan time)
    {
        time = default;
        if (text.Length is < 2 or > 9 || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        foreach (var (unit, size) in Units)
        {
            if (unit == text[^1])
            {
                var ticks = (number * size + 99) / 100;
                time = ticks > TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : new TimeSpan((long)ticks);
                return true;
            }
        }

        return false;
    }
}
