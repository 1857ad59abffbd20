namespace Rx.ThriftStreams.Options;

/// <summary>Checks option values: each check throws with the name of the option and its valid values.</summary>
internal static class OptionChecks
{
    internal static void AtLeast(long least, long value, string option)
    {
        if (value < least)
        {
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be at least {least}.");
        }
    }

    internal static void Between<T>(T least, T most, T value, string option)
        where T : struct, IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be between {least} and {most}.");
        }
    }

    /// <summary>A duration that cannot be unlimited.</summary>
    internal static void Between(TimeSpan least, TimeSpan most, TimeSpan value, string option)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be between {least} and {most}.{HintFor(value)}");
        }
    }

    /// <summary>A time limit; <see langword="null"/> inherits another.</summary>
    internal static void TimeLimit(TimeSpan? limit, string option)
    {
        if (limit is { } time && time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(option, time, $"{option} must be positive; Timeout.InfiniteTimeSpan means no limit.");
        }
    }

    /// <summary>A time limit that may be zero, which means not to wait.</summary>
    internal static void TimeLimitOrZero(TimeSpan? limit, string option)
    {
        if (limit is { } time && time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(option, time, $"{option} must not be negative; Timeout.InfiniteTimeSpan means no limit.");
        }
    }

    internal static void TimeOrZero(TimeSpan time, string option)
    {
        if (time < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(option, time, $"{option} must not be negative.{HintFor(time)}");
        }
    }

    /// <summary>A time of HTTP/2 keep-alive, which neither HttpClient nor Kestrel takes below a second.</summary>
    internal static void PingTime(TimeSpan time, string option)
    {
        if (time < TimeSpan.FromSeconds(1) && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(option, time, $"{option} must be at least 1 s; Timeout.InfiniteTimeSpan means never.");
        }
    }

    /// <summary>The path of an HTTP request, as it stands in the request line.</summary>
    internal static void HttpPath(string path, string option)
    {
        NotNull(path, option);
        if (!path.StartsWith('/') || path.AsSpan().ContainsAnyExceptInRange('!', '~') || path.Contains('#', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{option} must begin with a slash and hold printable ASCII without spaces and fragments; encode other characters by percent signs.", option);
        }
    }

    /// <summary>More than 0, at most 1.</summary>
    internal static void Share(double share, string option)
    {
        if (share is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(option, share, $"{option} must be more than 0 and at most 1.");
        }
    }

    internal static void NotNull(object? value, string option)
    {
        if (value is null)
        {
            throw new ArgumentException($"{option} must not be null.", option);
        }
    }

    /// <summary>A name that can be the <c>:authority</c> of a request, or <see langword="null"/>.</summary>
    internal static void Authority(string? name, string option)
    {
        if (name is null)
        {
            return;
        }

        using var probe = new HttpRequestMessage();
        try
        {
            probe.Headers.Host = name;
        }
        catch (FormatException error)
        {
            throw new ArgumentException($"{option} is \"{name}\", which is not a valid host name.", option, error);
        }
    }

    private static string HintFor(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? " It cannot be unlimited: Timeout.InfiniteTimeSpan is not allowed here." : string.Empty;
}
