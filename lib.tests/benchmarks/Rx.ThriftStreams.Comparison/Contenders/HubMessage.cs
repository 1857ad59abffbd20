using MessagePack;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>A message.</summary>
[MessagePackObject]
public sealed class HubMessage
{
    [Key(0)]
    public string? Text { get; set; }
}
