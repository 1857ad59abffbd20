using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Rx.ThriftStreams.Hosting;

/// <summary>A section of the configuration that a client reads, and reads again when it changes.</summary>
internal sealed class ReloadedSection(IConfigurationSection section)
{
    internal IDisposable OnChange(Action changed) => ChangeToken.OnChange(section.GetReloadToken, changed);
}
