using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rx.ThriftStreams.Options;

namespace Rx.ThriftStreams.AspNetCore;

/// <summary>
/// How much traffic a server accepts. Calls beyond a limit end with <see cref="ThriftStatusCode.ResourceExhausted"/>, on every transport. Default: no limits.
/// </summary>
/// <remarks>
/// Set by <c>services.Configure&lt;ThriftTrafficLimits&gt;(…)</c> or <c>services.AddThriftTrafficLimits(section)</c>, and read through <c>IOptionsMonitor</c>: a changed configuration applies to the calls that begin after
/// it, without a restart. Invalid values are logged then, and the limits before them stay. Limits of the server, a service and a method apply together.
/// </remarks>
public sealed class ThriftTrafficLimits : ThriftCallLimits
{
    /// <summary>
    /// How many connections the server has at the same time on endpoints that call <c>UseThriftStreams()</c>. Default <see langword="null"/>: any number; otherwise at least 1. The
    /// calls of a connection beyond it are refused, and it is closed in order soon after; when 64 such connections are open, further ones are closed at once. A
    /// lower limit does not close connections.
    /// </summary>
    public int? Connections { get; set; }

    /// <summary>Limits of services, by their names in the IDL, and of methods, as <c>Service/Method</c>; either may begin with the package, as <c>package.Service/Method</c>, which beats the name without it. Default: none.</summary>
    public IDictionary<string, ThriftCallLimits> Services { get; private set; } = new Dictionary<string, ThriftCallLimits>(StringComparer.Ordinal);

    /// <summary>Why the section of the configuration could not be read; <see langword="null"/> if it could.</summary>
    internal OptionsValidationException? Unreadable { get; set; }

    /// <summary>Where the values come from, for errors; <see langword="null"/> if it is code alone.</summary>
    internal IConfigurationSection? Section { get; set; }

    internal override IEnumerable<KeyValuePair<string, int>> Values(string owner) => base.Values(owner)
        .Concat(Of(($"{owner}{nameof(Connections)}", Connections)))
        .Concat(Services.SelectMany(service => service.Value.Values($"{owner}{service.Key}.")));

    internal override void Validate(string owner)
    {
        if (Unreadable is not null)
        {
            throw Unreadable;
        }

        try
        {
            ValidateValues(owner);
        }
        catch (ArgumentOutOfRangeException refused) when (OptionSection.FailureOf(Section, refused, $"{owner}.") is { } failure)
        {
            throw new OptionsValidationException(string.Empty, typeof(ThriftTrafficLimits), [failure]);
        }
    }

    private void ValidateValues(string owner)
    {
        base.Validate(owner);
        OptionChecks.AtLeast(1, Connections ?? 1, $"{owner}.{nameof(Connections)}");
        foreach (var (name, limits) in Services)
        {
            OptionChecks.NotNull(limits, $"{owner}.{nameof(Services)}[{name}]");
            limits.Validate($"{owner}.{nameof(Services)}[{name}]");
        }
    }
}
