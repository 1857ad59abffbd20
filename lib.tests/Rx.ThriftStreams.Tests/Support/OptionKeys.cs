namespace Rx.ThriftStreams.Tests.Support;

/// <summary>The keys under which a section of the configuration sets options, found from the properties.</summary>
internal static class OptionKeys
{
    /// <summary>A key and a readable value for each property that text can express, of the type and of its groups.</summary>
    public static IEnumerable<(string Key, string Value)> Of(Type type, string path = "")
    {
        foreach (var property in type.GetProperties())
        {
            var value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (ValueOf(value) is { } text)
            {
                if (property.SetMethod is { IsPublic: true })
                {
                    yield return ($"{path}{property.Name}", text);
                }
            }
            else if (IsGroup(value))
            {
                foreach (var key in Of(value, $"{path}{property.Name}:"))
                {
                    yield return key;
                }
            }
        }
    }

    private static string? ValueOf(Type type)
        => type == typeof(bool) ? "true"
        : type == typeof(int) || type == typeof(long) || type == typeof(double) ? "1"
        : type == typeof(TimeSpan) ? "00:00:30"
        : type == typeof(string) ? "/text"
        : type.IsEnum ? Enum.GetNames(type)[0]
        : null;

    private static bool IsGroup(Type type)
        => type.Namespace?.StartsWith("Rx.ThriftStreams", StringComparison.Ordinal) == true
            && (type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Limits", StringComparison.Ordinal));
}
