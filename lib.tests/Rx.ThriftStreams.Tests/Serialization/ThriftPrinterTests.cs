using Rx.ThriftStreams.Serialization;

namespace Rx.ThriftStreams.Tests.Serialization;

public sealed class ThriftPrinterTests
{
    public static TheoryData<object, string> Values => new()
    {
        { "text", "\"text\"" },
        { new ThriftUtf8String("tëxt"), "\"tëxt\"" },
        { true, "true" },
        { 1.5, "1.5" },
        { -3L, "-3" },
        { DayOfWeek.Monday, "Monday" },
        { new ReadOnlyMemory<byte>([1, 0xAB]), "0x01ab" },
        { new ReadOnlyMemory<byte>(new byte[40]), "0x" + new string('0', 64) + "… (40 bytes)" },
        { new List<List<string>> { new() { "a" }, new() }, "[[\"a\"], []]" },
        { new Dictionary<string, int> { ["k"] = 1 }, "{\"k\": 1}" },
        { Enumerable.Range(0, 21).ToList(), "[" + string.Join(", ", Enumerable.Range(0, 20)) + ", …]" },
        { Enumerable.Range(0, 21).ToDictionary(static i => i), "{" + string.Join(", ", Enumerable.Range(0, 20).Select(static i => $"{i}: {i}")) + ", …}" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Add_Value_IsPrintedForPeople(object value, string expected)
    {
        var printer = new ThriftPrinter("Message");
        printer.Add("Field", value);

        Assert.Equal($"Message {{ Field = {expected} }}", printer.ToString());
    }

    [Fact]
    public void Add_Null_IsLeftOut()
    {
        var printer = new ThriftPrinter("Message");
        printer.Add<string?>("Missing", null);
        printer.Add<int?>("AlsoMissing", null);

        Assert.Equal("Message { }", printer.ToString());
    }
}
