using Rx.ThriftStreams.Benchmarks.Codec.Idl;

namespace Rx.ThriftStreams.Benchmarks.Codec;

/// <summary>The two messages that every codec is measured with, in each library's own types.</summary>
internal static class Models
{
    public static TextMessage Text() => new() { Text = new string('x', 1024) };

    public static Document Document() => new()
    {
        Id = 42,
        Title = "A document of about nine kilobytes",
        Items = [.. Enumerable.Range(0, 20).Select(i => new Item { Id = i, Name = $"item-{i:000}", Price = i * 1.25, Quantity = i * 3, Active = i % 2 == 0 })],
        Samples = [.. Enumerable.Range(0, 1000).Select(i => i * 1_000_003L)],
        Counts = Enumerable.Range(0, 20).ToDictionary(i => $"key-{i:000}", i => i),
    };

    public static PackedTextMessage PackedText() => new() { Text = Text().Text };

    public static PackedDocument PackedDocument()
    {
        Document document = Document();
        return new PackedDocument
        {
            Id = document.Id,
            Title = document.Title,
            Items = [.. document.Items.Select(item => new PackedItem { Id = item.Id, Name = item.Name, Price = item.Price, Quantity = item.Quantity, Active = item.Active })],
            Samples = document.Samples,
            Counts = document.Counts,
        };
    }

    public static Proto.TextMessage ProtoText() => new() { Text = Text().Text };

    public static Proto.Document ProtoDocument()
    {
        Document document = Document();
        var proto = new Proto.Document { Id = document.Id, Title = document.Title };
        proto.Items.AddRange(document.Items.Select(item => new Proto.Item { Id = item.Id, Name = item.Name, Price = item.Price, Quantity = item.Quantity, Active = item.Active }));
        proto.Samples.AddRange(document.Samples);
        proto.Counts.Add(document.Counts);
        return proto;
    }

    public static ApacheTextMessage ApacheText() => new() { Text = Text().Text };

    public static ApacheDocument ApacheDocument()
    {
        Document document = Document();
        return new ApacheDocument
        {
            Id = document.Id,
            Title = document.Title,
            Items = [.. document.Items.Select(item => new ApacheItem { Id = item.Id, Name = item.Name, Price = item.Price, Quantity = item.Quantity, Active = item.Active })],
            Samples = document.Samples,
            Counts = document.Counts,
        };
    }
}
