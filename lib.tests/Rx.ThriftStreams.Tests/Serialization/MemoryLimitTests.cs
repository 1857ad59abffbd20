using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Hostile;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class MemoryLimitTests
{
    public static TheoryData<string> Shapes => [.. Messages.Keys];

    // Containers of no more than 1000 elements: larger ones grow, and what they grow out of is not counted.
    private static Dictionary<string, Everything> Messages { get; } = new()
    {
        ["empty structs"] = new() { Items = Many(1000, static _ => new Item()) },
        ["full structs"] = new() { Items = Many(500, static i => new Item { Id = i, Name = "name " + i, Price = i, Quantity = i, Active = true, Raw = new byte[20] }) },
        ["unions"] = new() { Choices = Many(1000, static i => i % 2 == 0 ? Choice.Number(i) : Choice.Text("text")) },
        ["defaults"] = new() { Defaults = Many(1000, static _ => new Defaults()) },
        ["exceptions"] = new() { Failures = Many(1000, static _ => new Failure()) },
        ["strings"] = new() { Strings = Many(1000, static i => "a string of some length, " + i) },
        ["short strings"] = new() { Strings = Many(1000, static _ => "x") },
        ["binaries"] = new() { Binaries = Many<ReadOnlyMemory<byte>>(1000, static i => new byte[i]) },
        ["lists"] = new() { Lists = Many(1000, static _ => new List<int> { 1, 2, 3 }) },
        ["maps"] = new() { Maps = Many(1000, static i => new Dictionary<int, int> { [i] = i }) },
        ["map of structs"] = new() { ByName = Enumerable.Range(0, 1000).ToDictionary(static i => "key " + i, static _ => new Item()) },
        ["set of numbers"] = new() { Longs = [.. Enumerable.Range(0, 1000).Select(static i => (long)i)] },
        ["set of structs"] = new() { Keys = [.. Enumerable.Range(0, 1000).Select(static i => new Key { Id = i })] },
        ["numbers"] = new() { Numbers = Many(100_000, static i => (long)i) },
        ["one string"] = new() { Text = new string('x', 100_000) },
        ["UTF-8 strings"] = new() { Utf8Strings = Many(1000, static i => new ThriftUtf8String("a string of some length, " + i)) },
        ["set of UTF-8 strings"] = new() { Utf8Keys = [.. Enumerable.Range(0, 1000).Select(static i => new ThriftUtf8String("key " + i))] },
        ["one UTF-8 string"] = new() { Utf8Text = new(new string('x', 100_000)) },
        ["pooled binaries"] = new() { Pooled = Many(1000, static i => new ThriftPooledBinary(new byte[i])) },
        ["one binary"] = new() { Bytes = new byte[100_000] },
    };

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Deserialize_FourMegabytesOfEmptyStructs_AreRefusedBeforeTheyFillMemory(ThriftProtocol protocol)
    {
        byte[] bytes = EmptyStructs(protocol, 4 * 1024 * 1024);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Everything>(bytes, protocol));

        // Of JSON there is room for fewer elements, so more of the memory is that of the structs, which is estimated.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (protocol == ThriftProtocol.Json ? 80 : 64) * 1024 * 1024);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains("67108864 bytes of memory, the limit MaxMemory", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void MaxMemory_CountsWhatIsAllocated(string shape)
    {
        foreach (ThriftProtocol protocol in Enum.GetValues<ThriftProtocol>())
        {
            byte[] bytes = ThriftSerializer.SerializeToArray(Messages[shape], protocol);
            Assert.Equal(Messages[shape], ThriftSerializer.Deserialize<Everything>(bytes, protocol));
            long before = GC.GetAllocatedBytesForCurrentThread();
            ThriftSerializer.Deserialize<Everything>(bytes, protocol);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.Equal(Messages[shape], ThriftSerializer.Deserialize<Everything>(bytes, protocol, new ThriftReaderLimits { MaxMemory = allocated * 3 / 2 }));
            var error = Assert.Throws<ThriftProtocolException>(
                () => ThriftSerializer.Deserialize<Everything>(bytes, protocol, new ThriftReaderLimits { MaxMemory = allocated * 2 / 3 }));
            Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
        }
    }

    [Fact]
    public void MaxMemory_IsExact_AtItsBoundary()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Item { Raw = new byte[976] });

        // 96 bytes for the struct, 24 for the array's header.
        Assert.NotNull(ThriftSerializer.Deserialize<Item>(bytes, ThriftProtocol.Binary, new ThriftReaderLimits { MaxMemory = 96 + 24 + 976 }));
        Assert.Throws<ThriftProtocolException>(
            () => ThriftSerializer.Deserialize<Item>(bytes, ThriftProtocol.Binary, new ThriftReaderLimits { MaxMemory = 96 + 24 + 975 }));
    }

    [Fact]
    public void MaxMemory_ByDefault_GrowsWithTheMessage()
    {
        Assert.Equal(64L << 20, ThriftReaderLimits.Default.MemoryFor(0));
        Assert.Equal(64L << 20, ThriftReaderLimits.Default.MemoryFor(4 << 20));
        Assert.Equal(160L << 20, ThriftReaderLimits.Default.MemoryFor(10 << 20));
        Assert.Equal(16L * int.MaxValue, ThriftReaderLimits.Default.MemoryFor(int.MaxValue));
        Assert.Equal(5, new ThriftReaderLimits { MaxMemory = 5 }.MemoryFor(10 << 20));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void MaxMemory_OfNothing_IsRefused(long bytes)
        => Assert.Throws<ArgumentOutOfRangeException>(nameof(ThriftReaderLimits.MaxMemory), () => new ThriftReaderLimits { MaxMemory = bytes });

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void MaxMemory_Unlimited_TakesEverything(ThriftProtocol protocol)
    {
        var read = ThriftSerializer.Deserialize<Everything>(EmptyStructs(protocol, 200_000), protocol, new ThriftReaderLimits { MaxMemory = long.MaxValue });

        Assert.InRange(read.Items.Count, protocol == ThriftProtocol.Json ? 66_000 : 199_900, 200_000);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void MaxMemory_OfSkippedFields_IsNotCounted(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(Messages["full structs"], protocol);

        Assert.NotNull(ThriftSerializer.Deserialize<Failure>(bytes, protocol, new ThriftReaderLimits { MaxMemory = 200 }));
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void MaxMemory_OfKeptUnknownFields_IsCounted(ThriftProtocol protocol)
    {
        byte[] bytes = EmptyStructs(protocol, (protocol == ThriftProtocol.Json ? 4 : 1) * 1024 * 1024);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Keeper>(bytes, protocol));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128 * 1024 * 1024);
        Assert.Equal(ThriftStatusCode.ResourceExhausted, error.StatusCode);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Deserialize_OfALongMessage_ObservesCancellation(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Everything { Items = Many(10_000, static _ => new Item()) }, protocol);
        using var source = new CancellationTokenSource();
        source.Cancel();

        var error = Assert.Throws<OperationCanceledException>(() => ThriftSerializer.Deserialize<Everything>(bytes, protocol, cancellationToken: source.Token));

        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Fact]
    public void Deserialize_OfAShortMessage_ReadsItAlthoughCancelled()
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Item { Id = 5 });

        Assert.Equal(5, ThriftSerializer.Deserialize<Item>(bytes, cancellationToken: new CancellationToken(canceled: true)).Id);
    }

    // Field 1: a list that says it has as many structs as bytes follow, all of them stops.
    private static byte[] EmptyStructs(ThriftProtocol protocol, int size)
    {
        byte[] bytes = new byte[size];
        if (protocol == ThriftProtocol.Binary)
        {
            Bytes.Of("0f 0001 0c").CopyTo(bytes, 0);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), size - 9);
            return bytes;
        }

        if (protocol == ThriftProtocol.Json)
        {
            int structs = (size - 64) / 3;
            string text = $$$"""{"1":{"lst":["rec",{{{structs}}}{{{string.Concat(Enumerable.Repeat(",{}", structs))}}}]}}""";
            return System.Text.Encoding.ASCII.GetBytes(text);
        }

        // Header of the field, header of a long list of structs, and the count in five bytes.
        Bytes.Of("19 fc").CopyTo(bytes, 0);
        uint count = (uint)size - 9;
        for (int i = 0; i < 5; i++)
        {
            bytes[2 + i] = (byte)((count >> (7 * i) & 0x7F) | (i < 4 ? 0x80u : 0));
        }

        return bytes;
    }

    private static List<T> Many<T>(int count, Func<int, T> make) => [.. Enumerable.Range(0, count).Select(make)];
}
