using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Rx.ThriftStreams.Resilience.Kitex;

/// <summary>Reads an entry of a table.</summary>
/// <param name="entry">The entry.</param>
/// <param name="before">The policy before it; <see langword="null"/> if there is none.</param>
/// <param name="ignored">Reports a part that is invalid, without which the rest is taken.</param>
/// <exception cref="FormatException">The entry is invalid.</exception>
internal delegate TPolicy KitexDecoder<TPolicy>(IConfiguration entry, TPolicy? before, Action<FormatException> ignored);

/// <summary>
/// The policies of methods in one section of the configuration, which may change at any time. An entry that cannot be read leaves the method's policy as it was, and is
/// logged; an entry that is gone takes its policy with it.
/// </summary>
/// <remarks>Thread-safe. Method names are compared without case, as the keys of a configuration are.</remarks>
internal sealed partial class KitexTable<TPolicy> : IDisposable
    where TPolicy : class
{
    /// <summary>The entry of methods that have none.</summary>
    internal const string AnyMethod = "*";

    /// <summary>A section with more entries is cut.</summary>
    internal const int MaxEntries = 10_000;

    private readonly IConfiguration _section;
    private readonly KitexDecoder<TPolicy> _decode;
    private readonly ILogger _logger;
    private readonly IDisposable _changes;
    private readonly Lock _gate = new();
    private volatile FrozenDictionary<string, TPolicy> _policies = FrozenDictionary<string, TPolicy>.Empty;

    /// <inheritdoc cref="KitexTable{TPolicy}(IConfiguration, KitexDecoder{TPolicy}, ILogger)"/>
    internal KitexTable(IConfiguration section, Func<IConfiguration, TPolicy> decode, ILogger logger)
        : this(section, (entry, _, _) => decode(entry), logger)
    {
    }

    /// <param name="section">Its children are the entries, by method.</param>
    /// <param name="decode">Reads an entry; a <see cref="FormatException"/> reports that it is invalid.</param>
    /// <param name="logger">Where invalid entries are reported.</param>
    internal KitexTable(IConfiguration section, KitexDecoder<TPolicy> decode, ILogger logger)
    {
        _section = section;
        _decode = decode;
        _logger = logger;
        Update();
        _changes = ChangeToken.OnChange(section.GetReloadToken, Update);
    }

    /// <summary>The policy of a method; <see langword="null"/> if the configuration has none.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="hasWildcard">Whether the entry <c>*</c> applies to methods without one.</param>
    internal TPolicy? Find(string method, bool hasWildcard)
    {
        var policies = _policies;
        return policies.TryGetValue(method, out var policy) || (hasWildcard && policies.TryGetValue(AnyMethod, out policy)) ? policy : null;
    }

    public void Dispose() => _changes.Dispose();

    private void Update()
    {
        // Sources may report changes at the same time: the last one must not be overwritten by one before it.
        lock (_gate)
        {
            var policies = new Dictionary<string, TPolicy>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in _section.GetChildren().Take(MaxEntries))
            {
                _policies.TryGetValue(entry.Key, out var before);
                try
                {
                    policies[entry.Key] = _decode(entry, before, error => LogIgnored(_logger, entry.Path, error));
                }
                catch (FormatException error)
                {
                    LogInvalid(_logger, entry.Path, error);
                    if (before is not null)
                    {
                        policies[entry.Key] = before;
                    }
                }
            }

            _policies = policies.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        }
    }

    [LoggerMessage(55, LogLevel.Warning, "The configuration {Key} cannot be used. The previous policy stays in use.", EventName = "KitexConfigurationInvalid")]
    private static partial void LogInvalid(ILogger logger, string key, Exception error);

    [LoggerMessage(56, LogLevel.Warning, "A part of the configuration {Key} cannot be used: it stays as it was. The rest is applied.", EventName = "KitexConfigurationValueIgnored")]
    private static partial void LogIgnored(ILogger logger, string key, Exception error);
}
