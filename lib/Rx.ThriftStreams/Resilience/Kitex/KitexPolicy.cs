using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>The one policy in a section of the configuration, which may change at any time. One that cannot be read is logged, and the policy before it stays; without a section there is none.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class KitexPolicy<TPolicy> : IDisposable
    where TPolicy : class
{
    private readonly IConfigurationSection _section;
    private readonly Func<IConfiguration, TPolicy> _decode;
    private readonly TPolicy _none;
    private readonly ILogger _logger;
    private readonly IDisposable _changes;
    private readonly Lock _gate = new();
    private volatile TPolicy _current;

    /// <param name="section">Its children are the members of the policy.</param>
    /// <param name="decode">Reads it; a <see cref="FormatException"/> reports that it is invalid.</param>
    /// <param name="none">The policy without a configuration.</param>
    /// <param name="logger">Where an invalid policy is reported.</param>
    internal KitexPolicy(IConfigurationSection section, Func<IConfiguration, TPolicy> decode, TPolicy none, ILogger logger)
    {
        _section = section;
        _decode = decode;
        _current = _none = none;
        _logger = logger;
        Update();
        _changes = ChangeToken.OnChange(section.GetReloadToken, Update);
    }

    internal TPolicy Current => _current;

    public void Dispose() => _changes.Dispose();

    private void Update()
    {
        lock (_gate)
        {
            try
            {
                _current = _section.GetChildren().Any() ? _decode(_section) : _none;
            }
            catch (FormatException error)
            {
                LogInvalid(_logger, _section.Path, error);
            }
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "The configuration {Key} cannot be used. The policy before it stays.")]
    private static partial void LogInvalid(ILogger logger, string key, Exception error);
}
