using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>The one policy in a section of the configuration. One that cannot be read is logged, and the policy before it stays; without a section there is none.</summary>
/// <remarks>Thread-safe. It is read when the owner learns of a change, not on each call.</remarks>
/// <param name="section">Its children are the members of the policy.</param>
/// <param name="decode">Reads it; a <see cref="FormatException"/> reports that it is invalid.</param>
/// <param name="none">The policy without a configuration.</param>
/// <param name="logger">Where an invalid policy is reported.</param>
internal sealed partial class KitexPolicy<TPolicy>(IConfigurationSection section, Func<IConfiguration, TPolicy> decode, TPolicy none, ILogger logger)
    where TPolicy : class
{
    private readonly Lock _gate = new();
    private TPolicy? _last;

    /// <summary>Reads the section as it is now.</summary>
    internal TPolicy Read()
    {
        lock (_gate)
        {
            try
            {
                _last = section.GetChildren().Any() ? decode(section) : none;
            }
            catch (FormatException error)
            {
                LogInvalid(logger, section.Path, error);
            }

            return _last ?? none;
        }
    }

    [LoggerMessage(55, LogLevel.Warning, "The configuration {Key} cannot be used. The previous policy stays in use.", EventName = "KitexConfigurationInvalid")]
    private static partial void LogInvalid(ILogger logger, string key, Exception error);
}
