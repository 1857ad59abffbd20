using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rx.ThriftStreams.AspNetCore;
using Rx.ThriftStreams.Serialization;
using Rx.ThriftStreams.Tests.Texts;

namespace Rx.ThriftStreams.Tests.Serialization;

/// <summary>Fields with <c>csharp.type="utf8"</c> in generated types.</summary>
public sealed partial class Utf8FieldTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Document Document => new()
    {
        Title = "title",
        Body = new("bödy \"\\/\n\u0001😀"),
        Summary = new(""),
        Language = new("de"),
        Lines = { new("one"), default },
        Words = { [new("wörd")] = 1, [new("")] = 2 },
        Tags = { new("a"), new("b") },
    };

    private static PlainDocument Plain => new()
    {
        Title = "title",
        Body = "bödy \"\\/\n\u0001😀",
        Summary = "",
        Language = "de",
        Lines = { "one", "" },
        Words = { ["wörd"] = 1, [""] = 2 },
        Tags = { "a", "b" },
    };

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Bytes_AreThoseOfStrings(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(Document, protocol);

        Assert.Equal(ThriftSerializer.SerializeToArray(Plain, protocol), bytes);
        Assert.Equal(Document, ThriftSerializer.Deserialize<Document>(bytes, protocol));
        Assert.Equal(Document.GetHashCode(), ThriftSerializer.Deserialize<Document>(bytes, protocol).GetHashCode());
        Assert.Equal(Plain, ThriftSerializer.Deserialize<PlainDocument>(bytes, protocol));
        Assert.Equal(Document.ToString().Replace("Document", "PlainDocument", StringComparison.Ordinal), Plain.ToString());
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void OptionalField_ThatEqualsItsDefault_IsNotWritten(ThriftProtocol protocol)
    {
        var document = new Document { Title = "" };
        Assert.True(document.Language is { } language && language.Equals("en"));

        Assert.Equal(ThriftSerializer.SerializeToArray(new PlainDocument(), protocol), ThriftSerializer.SerializeToArray(document, protocol));
        document.Language = new("fr");
        Assert.Equal(ThriftSerializer.SerializeToArray(new PlainDocument { Language = "fr" }, protocol), ThriftSerializer.SerializeToArray(document, protocol));
        Assert.Equal(new ThriftUtf8String("en"), ThriftSerializer.Deserialize<Document>(ThriftSerializer.SerializeToArray(new PlainDocument(), protocol), protocol).Language);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void InvalidBytes_ReadAndWritten_AreWhatTheyWere(ThriftProtocol protocol)
    {
        var invalid = new Document { Body = new(new byte[] { 0xC3, 0x28, 0xFF, (byte)'"', (byte)'\n', 0x80 }) };

        byte[] bytes = ThriftSerializer.SerializeToArray(invalid, protocol);
        var read = ThriftSerializer.Deserialize<Document>(bytes, protocol);

        Assert.Equal(invalid, read);
        Assert.Equal(bytes, ThriftSerializer.SerializeToArray(read, protocol));
    }

    [Theory]
    [InlineData("""\u0061\u00e9\u20ac\ud83d\ude00""", "aé€😀")]
    [InlineData("""\ud83d\ud83d\ude00\ude00\ud83dx\ud83d\n\ud83d""", "\uFFFD😀\uFFFD\uFFFDx\uFFFD\n\uFFFD")]
    [InlineData("""é\t\"\\\/\b\f\r😀""", "é\t\"\\/\b\f\r😀")]
    public void Json_WithEscapes_IsReadAsAString(string json, string expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($$$"""{"2":{"str":"{{{json}}}"}}""");

        Assert.Equal(expected, ThriftSerializer.Deserialize<PlainDocument>(bytes, ThriftProtocol.Json).Body);
        Assert.Equal(expected, ThriftSerializer.Deserialize<Document>(bytes, ThriftProtocol.Json).Body.ToString());
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_ALongText_AllocatesOneArrayOfItsSize(ThriftProtocol protocol)
    {
        const int Length = 64 * 1024;
        byte[] empty = ThriftSerializer.SerializeToArray(new Document { Body = default }, protocol);
        byte[] full = ThriftSerializer.SerializeToArray(new Document { Body = new(new string('x', Length)) }, protocol);

        // An array of bytes has a header of 16 bytes and a length of 8.
        Assert.Equal(24 + Length, Allocated(full, protocol) - Allocated(empty, protocol));
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary, "0b 0002 7fffffff 78 00")]
    [InlineData(ThriftProtocol.Binary, "0b 0002 ffffffff 78 00")]
    [InlineData(ThriftProtocol.Compact, "28 ffffffff07 78 00")]
    public void Read_AHostileLength_IsRefusedBeforeAnythingIsAllocated(ThriftProtocol protocol, string hex)
    {
        byte[] bytes = Bytes.Of(hex);
        Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Document>(bytes, protocol));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Document>(bytes, protocol));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Theory]
    [InlineData(ThriftProtocol.Binary)]
    [InlineData(ThriftProtocol.Compact)]
    [InlineData(ThriftProtocol.Json)]
    public void Read_ATextBeyondTheLimits_IsRefused(ThriftProtocol protocol)
    {
        byte[] bytes = ThriftSerializer.SerializeToArray(new Document { Body = new(new string('x', 1000)) }, protocol);

        Assert.Equal(1000, ThriftSerializer.Deserialize<Document>(bytes, protocol, new ThriftReaderLimits { MaxStringBytes = 1000 }).Body.Length);
        var tooLong = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Document>(bytes, protocol, new ThriftReaderLimits { MaxStringBytes = 999 }));
        var tooLarge = Assert.Throws<ThriftProtocolException>(() => ThriftSerializer.Deserialize<Document>(bytes, protocol, new ThriftReaderLimits { MaxMemory = 1000 }));
        Assert.Equal((ThriftStatusCode.ResourceExhausted, ThriftStatusCode.ResourceExhausted), (tooLong.StatusCode, tooLarge.StatusCode));
    }

    [Fact]
    public void Json_IsThatOfStrings()
    {
        string json = JsonSerializer.Serialize(Document);

        Assert.Equal(JsonSerializer.Serialize(Plain), json);
        Assert.Equal(Document, JsonSerializer.Deserialize<Document>(json));
    }

    [Fact]
    public void Json_OfAContextWithoutReflection_KnowsTheType()
    {
        var words = new Dictionary<ThriftUtf8String, ThriftUtf8String?> { [new("a")] = new("b"), [new("c")] = null };

        string json = JsonSerializer.Serialize(words, TextsContext.Default.Words);

        Assert.Equal("{\"a\":\"b\",\"c\":null}", json);
        Assert.Equal(words, JsonSerializer.Deserialize(json, TextsContext.Default.Words));
    }

    [Fact]
    public void Json_OfAUnion_NeedsNoContextForTheType()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = new OnlyOf<Content>() };

        Assert.Equal("{\"Text\":\"hi\"}", JsonSerializer.Serialize(Content.Text(new("hi")), options));
        Assert.Equal(Content.Text(new("hi")), JsonSerializer.Deserialize<Content>("{\"Text\":\"hi\"}", options));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Content>("{\"Text\":1}", options));
    }

    [Fact]
    public void Exception_TakesAStringAndHasItAsItsMessage()
    {
        var refused = new Refused("no röom");

        Assert.Equal("no röom", refused.Message);
        Assert.Equal(new ThriftUtf8String("no röom"), refused.MessageText);
        Assert.Equal("Refused { MessageText = \"\" }", new Refused().Message);
    }

    [Fact]
    public async Task Service_ArgumentsResultsAndStreams_CarryTexts()
    {
        await using var server = ThriftInMemoryServer.Create(static services => services.AddService<ILibrary>(new LibraryService()));
        await using var channel = server.CreateChannel();
        var client = new LibraryClient(channel);

        Assert.Equal(new ThriftUtf8String("bödy \"\\/\n\u0001😀"), await client.TitleAsync(Document, Token));
        Assert.Equal([Document, Document], await client.StoreAsync(new[] { Document, Document }.ToAsyncEnumerable(), Token).ToListAsync(Token));
        Assert.Equal("empty", (await Assert.ThrowsAsync<Refused>(() => client.TitleAsync(new Document(), Token))).Message);
    }

    private static long Allocated(byte[] bytes, ThriftProtocol protocol)
    {
        ThriftSerializer.Deserialize<Document>(bytes, protocol);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ThriftSerializer.Deserialize<Document>(bytes, protocol);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class LibraryService : ILibrary
    {
        public Task<ThriftUtf8String> TitleAsync(Document document, CancellationToken cancellationToken)
            => document.Body.IsEmpty ? throw new Refused("empty") : Task.FromResult(document.Body);

        public IAsyncEnumerable<Document> StoreAsync(IAsyncEnumerable<Document> documents, CancellationToken cancellationToken) => documents;
    }

    [JsonSerializable(typeof(Dictionary<ThriftUtf8String, ThriftUtf8String?>), TypeInfoPropertyName = "Words")]
    private sealed partial class TextsContext : JsonSerializerContext;

    private sealed class OnlyOf<T> : IJsonTypeInfoResolver
    {
        private readonly DefaultJsonTypeInfoResolver _all = new();

        public JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options) => type.IsAssignableTo(typeof(T)) ? _all.GetTypeInfo(type, options) : null;
    }
}
