using MemoryPack;
using MessagePack;

namespace Rx.ThriftStreams.Benchmarks.Codec;

// The models as MemoryPack and MessagePack want them: their generators do not see properties that another generator made.
[MemoryPackable]
[MessagePackObject]
public sealed partial class PackedTextMessage
{
    [Key(0)]
    public string Text { get; set; } = "";
}

[MemoryPackable]
[MessagePackObject]
public sealed partial class PackedItem
{
    [Key(0)]
    public long Id { get; set; }

    [Key(1)]
    public string Name { get; set; } = "";

    [Key(2)]
    public double Price { get; set; }

    [Key(3)]
    public int Quantity { get; set; }

    [Key(4)]
    public bool Active { get; set; }
}

[MemoryPackable]
[MessagePackObject]
public sealed partial class PackedDocument
{
    [Key(0)]
    public long Id { get; set; }

    [Key(1)]
    public string Title { get; set; } = "";

    [Key(2)]
    public List<PackedItem> Items { get; set; } = [];

    [Key(3)]
    public List<long> Samples { get; set; } = [];

    [Key(4)]
    public Dictionary<string, int> Counts { get; set; } = [];
}
