using ProtoBuf;

namespace Rx.ThriftStreams.Comparison.Contenders;

/// <summary>A message.</summary>
[ProtoContract]
public sealed class EchoMessage
{
    [ProtoMember(1)]
    public string? Text { get; set; }
}
