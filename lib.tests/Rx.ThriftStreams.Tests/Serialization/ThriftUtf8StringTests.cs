using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftUtf8StringTests
{
    private static readonly ThriftUtf8String Invalid = new(new byte[] { (byte)'a', 0xFF, (byte)'b' });

    private static readonly JsonSerializerOptions SmallPieces = new() { DefaultBufferSize = 64 };

    public static TheoryData<string> Texts => ["", "a", "tëxt", "😀", "a😀", new string('x', 1000), string.Concat(Enumerable.Repeat("xé😀", 500)), "\0", "\uFEFFa"];

    [Fact]
    public void Default_IsTheEmptyText()
    {
        ThriftUtf8String text = default;

        Assert.True(text.IsEmpty);
        Assert.Equal(0, text.Length);
        Assert.Equal("", text.ToString());
        Assert.Equal(new ThriftUtf8String(""), text);
        Assert.Equal(new ThriftUtf8String("").GetHashCode(), text.GetHashCode());
        Assert.True(text.Equals(""));
    }

    [Fact]
    public void Constructor_Null_IsRefused() => Assert.Throws<ArgumentNullException>("value", static () => new ThriftUtf8String((string)null!));

    [Theory]
    [MemberData(nameof(Texts))]
    public void Constructor_Text_HoldsItsUtf8(string text)
    {
        var utf8 = new ThriftUtf8String(text);

        Assert.Equal(Encoding.UTF8.GetBytes(text), utf8.Span);
        Assert.Equal(utf8.Memory.Length, utf8.Length);
        Assert.Equal(text, utf8.ToString());
        Assert.Equal(text, $"{utf8}");
        Assert.Equal(text, string.Format(null, "{0:X}", utf8));
        Assert.Equal(text, new StringBuilder().Append(null, $"{utf8}").ToString());
    }

    [Fact]
    public void Constructor_Bytes_CopiesSpansAndArrays_AndKeepsMemory()
    {
        byte[] bytes = [.. "tëxt"u8];
        ThriftUtf8String literal = new("tëxt"u8), array = new(bytes), memory = new(bytes.AsMemory());

        bytes[0] = (byte)'T';

        Assert.Equal(["tëxt", "tëxt", "Tëxt"], [literal.ToString(), array.ToString(), memory.ToString()]);
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Equals_String_ComparesTheTexts(string text)
    {
        var utf8 = new ThriftUtf8String(text);

        Assert.True(utf8.Equals(text));
        Assert.False(utf8.Equals(text + "x"));
        Assert.False(utf8.Equals("x" + text));
        Assert.False(new ThriftUtf8String(text + "x").Equals(text));
        Assert.False(utf8.Equals((string?)null));
        Assert.False(text.Length > 0 && utf8.Equals(text[..^1] + "\u0001"));
    }

    [Fact]
    public void Equals_String_AllocatesNothing()
    {
        var text = string.Concat(Enumerable.Repeat("xé😀", 500));
        var utf8 = new ThriftUtf8String(text);
        utf8.Equals(text);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(utf8.Equals(text));
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Equals_SameBytes_OfOtherMemory()
    {
        var one = new ThriftUtf8String("tëxt");
        var same = new ThriftUtf8String(Encoding.UTF8.GetBytes("a tëxt").AsMemory(2));

        Assert.True(one == same && !(one != same) && one.Equals((object)same));
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.False(one == new ThriftUtf8String("text") || one.Equals((object)"tëxt"));
    }

    [Fact]
    public void CompareTo_OrdersByCodePoint()
    {
        // In UTF-16 the surrogates of U+1F600 precede U+FFFD.
        ThriftUtf8String[] ordered = [default, new("a"), new("ab"), new("b"), new("é"), new("\uFFFD"), new("😀")];

        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.True(ordered[1] < ordered[2] && ordered[2] > ordered[1] && ordered[1] <= ordered[2] && ordered[2] >= ordered[1]);
        Assert.False(ordered[1] < ordered[1] || ordered[1] > ordered[1]);
    }

    [Fact]
    public void InvalidBytes_AreKept_AndReplacedInText()
    {
        Assert.Equal("a\uFFFDb", Invalid.ToString());
        Assert.Equal("a\uFFFDb", $"{Invalid}");
        Assert.Equal(new byte[] { (byte)'a', 0xFF, (byte)'b' }, Invalid.Span);
        Assert.NotEqual(new ThriftUtf8String("a\uFFFDb"), Invalid);
        Assert.False(Invalid.Equals("a\uFFFDb"));
        Assert.Equal("a\uFFFDb", new ThriftUtf8String("a\uD800b").ToString());

        Span<byte> place = stackalloc byte[10];
        Assert.True(Utf8.TryWrite(place, $"{Invalid}", out var written));
        Assert.Equal("a\uFFFDb", Encoding.UTF8.GetString(place[..written]));
    }

    [Fact]
    public void TryFormat_PlaceTooSmall_WritesNothing()
    {
        var text = new ThriftUtf8String("tëxt");

        Assert.False(((ISpanFormattable)text).TryFormat(new char[3], out var chars, default, null));
        Assert.False(((IUtf8SpanFormattable)text).TryFormat(new byte[4], out var bytes, default, null));
        Assert.False(((IUtf8SpanFormattable)Invalid).TryFormat(new byte[4], out var replaced, default, null));
        Assert.Equal((0, 0, 0), (chars, bytes, replaced));
        Assert.True(((ISpanFormattable)text).TryFormat(new char[4], out chars, default, null));
        Assert.True(((IUtf8SpanFormattable)text).TryFormat(new byte[5], out bytes, default, null));
        Assert.Equal((4, 5), (chars, bytes));
        Assert.True(((IUtf8SpanFormattable)default(ThriftUtf8String)).TryFormat([], out bytes, default, null));
        Assert.Equal(0, bytes);
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Json_Text_IsThatOfAString(string text)
    {
        var json = JsonSerializer.Serialize(text);
        var utf8 = new ThriftUtf8String(text);

        Assert.Equal(json, JsonSerializer.Serialize(utf8));
        Assert.Equal(utf8, JsonSerializer.Deserialize<ThriftUtf8String>(json));
        Assert.Equal($"{{{json}:{json}}}", JsonSerializer.Serialize(new Dictionary<ThriftUtf8String, ThriftUtf8String?> { [utf8] = utf8 }));
        Assert.Equal(utf8, JsonSerializer.Deserialize<Dictionary<ThriftUtf8String, ThriftUtf8String?>>($"{{{json}:{json}}}")![utf8]);
    }

    [Fact]
    public void Json_InvalidBytes_AreReplaced()
    {
        Assert.Equal("\"a\\uFFFDb\"", JsonSerializer.Serialize(Invalid));
        Assert.Equal("{\"a\\uFFFDb\":1}", JsonSerializer.Serialize(new Dictionary<ThriftUtf8String, int> { [Invalid] = 1 }));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("{}")]
    public void Json_NotAText_IsRefused(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ThriftUtf8String>(json));

    [Fact]
    public async Task Json_InPieces_IsRead()
    {
        var text = new string('x', 100_000) + "\n";
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(text));

        Assert.True((await JsonSerializer.DeserializeAsync<ThriftUtf8String>(stream, SmallPieces, TestContext.Current.CancellationToken)).Equals(text));
    }
}
