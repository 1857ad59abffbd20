using System.Text.Json.Serialization;

namespace Rx.ThriftStreams.Etcd.Registry;

/// <summary>The members of a value of the registry that are read. Others are ignored.</summary>
internal sealed class RegistryMembers
{
    public string? Network { get; set; }

    public string? Address { get; set; }

    public int Weight { get; set; }

    public Dictionary<string, string?>? Tags { get; set; }
}

/// <summary>Reads names without case, as Go does.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(RegistryMembers))]
internal sealed partial class RegistryJson : JsonSerializerContext;
