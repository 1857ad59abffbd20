using System.Text;
using Microsoft.Extensions.Configuration;

namespace Rx.ThriftStreams.Tests.Governance;

/// <summary>A source whose JSON a test replaces, as a file that is watched.</summary>
internal sealed class ReplaceableSource(string json) : ConfigurationProvider, IConfigurationSource
{
    private string _json = json;

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load()
        => Data = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(_json))).Build()
            .AsEnumerable().Where(static pair => pair.Value is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);

    public void Replace(string json)
    {
        _json = json;
        Load();
        OnReload();
    }
}
