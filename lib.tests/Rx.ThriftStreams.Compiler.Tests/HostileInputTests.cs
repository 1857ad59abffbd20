using System.Globalization;
using Rx.ThriftStreams.Compiler.Diagnostics;
using Rx.ThriftStreams.Compiler.Formatting;

namespace Rx.ThriftStreams.Compiler.Tests;

/// <summary>Inputs whose cost once grew with the square or the cube of their size. Time and memory at several sizes are measured in the benchmarks.</summary>
public sealed class HostileInputTests
{
    public static TheoryData<string> Shapes => [.. Hostile.Shapes.Keys];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Bind_HostileInput_ReportsALimitedNumberOfFindings(string shape)
    {
        var found = Idl.Bind(Hostile.Make(shape, 20_000)).Diagnostics;

        Assert.InRange(found.Count, 1, (2 * DiagnosticBag.MaxPerFile) + 1);
        Assert.All(found, static d => Assert.InRange(d.Message.Length, 1, 1500));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Bind_HostileInputOfFourTimesTheSize_AllocatesAboutFourTimesAsMuch(string shape)
    {
        var (small, large) = (Hostile.Make(shape, 5_000), Hostile.Make(shape, 20_000));
        Allocated(small);

        Assert.InRange(Allocated(large) / (double)Allocated(small), 0, 8);
    }

    [Fact]
    public void Bind_MoreMistakesThanAnybodyReads_SaysThatThereAreMore()
    {
        var found = Idl.Bind("struct S {" + string.Concat(Enumerable.Range(1, 300).Select(static i => string.Create(CultureInfo.InvariantCulture, $" {i}: Nope{i} a{i},"))) + " }").Diagnostics;

        Assert.Equal(DiagnosticBag.MaxPerFile + 1, found.Count);
        Assert.Equal("TS0012", found[^1].Id);
        Assert.Equal("The file has more than 200 errors or warnings; further ones are not reported.", found[^1].Message);
    }

    [Fact]
    public void Bind_OnlyWarningsBeyondTheLimit_KeepTheErrors()
    {
        var text = "struct S {" + string.Concat(Enumerable.Range(1, 300).Select(static i => string.Create(CultureInfo.InvariantCulture, $" i32 a{i},"))) + " 9000: Nope last }";

        Assert.True(Idl.Bind(text).HasErrors);
    }

    [Fact]
    public void Bind_GarbageInARow_IsOneFinding()
    {
        var found = Assert.Single(Idl.Bind("struct S {} " + new string('$', 1000)).Diagnostics);

        Assert.Equal(("TS0001", 13, 1000), (found.Id, found.Column, found.Span.Length));
        Assert.InRange(found.Message.Length, 1, 100);
    }

    [Fact]
    public void Bind_TypeNestedTooDeep_IsOneFinding()
    {
        var deep = string.Concat(Enumerable.Repeat("map<i32,", 10_000)) + "i32" + new string('>', 10_000);

        Assert.Equal(["TS0009"], Idl.Ids("struct S { 1: " + deep + " x }"));
    }

    [Fact]
    public void Bind_ANameTenThousandTimes_IsReportedAtEachAndCapped()
    {
        var found = Idl.Bind(Hostile.Make("duplicates", 10_000)).Diagnostics;

        Assert.Equal(DiagnosticBag.MaxPerFile + 1, found.Count);
        Assert.All(found.SkipLast(1), static d => Assert.Equal("\"a\" is declared twice in this file.", d.Message));
        Assert.Equal((2, DiagnosticBag.MaxPerFile + 1), (found[0].Line, found[^2].Line));
        Assert.Equal("TS0012", found[^1].Id);
    }

    [Fact]
    public void Bind_ServicesThatExtendOneAnotherTooDeep_AreOneFindingWhereTheLimitIsPassed()
    {
        Assert.Empty(Idl.Bind(Hostile.Make("extends", 100)).Diagnostics);

        var found = Assert.Single(Idl.Bind(Hostile.Make("extends", 4_000)).Diagnostics);
        Assert.Equal(("TS0009", 3900), (found.Id, found.Line));
    }

    [Fact]
    public void Bind_NamesThatAreNearlyRight_GetAGuessUntilTheyAreTooMany()
    {
        var found = Idl.Bind(Hostile.Make("misspelled", 20_000)).Diagnostics;

        Assert.Equal(DiagnosticBag.MaxPerFile + 1, found.Count);
        Assert.Equal("undefined type: \"Abcdefgh0\". Did you mean \"Abcdefgi0\"?", found[0].Message);
        Assert.Equal("undefined type: \"Abcdefgh199\".", found[^2].Message);
        Assert.Equal("TS0012", found[^1].Id);
    }

    [Fact]
    public void Bind_TenMillionCharactersOfGarbage_IsOneFinding()
    {
        var found = Assert.Single(Idl.Bind(new string('$', 10_000_000)).Diagnostics);

        Assert.Equal(("TS0001", "Unexpected token in input: \"" + new string('$', 40) + "\"."), (found.Id, found.Message));
    }

    [Fact]
    public void Bind_ControlCharacters_AreEscapedInMessages()
        => Assert.Contains(
            Idl.Bind(File.ReadAllText(ToolRun.Case("nul-in-message.thrift"))).Diagnostics, static d => d.Message == "Unexpected token in input: \"\\u0000\".");

    [Fact]
    public void Bind_CharactersThatTurnTheDirectionOfText_AreEscapedInMessages()
        => Assert.Equal("\"a\\u202Eb\\u001B[2J\" is not a value of type i32.", Assert.Single(Idl.Bind("const i32 A = \"a\u202Eb\u001B[2J\"").Diagnostics).Message);

    [Fact]
    public void Format_NestedLists_AreMeasuredOnceALevel()
    {
        var text = "const list<i32> A = " + new string('[', 90) + string.Join(", ", Enumerable.Range(0, 20_000)) + new string(']', 90);
        var before = GC.GetAllocatedBytesForCurrentThread();

        IdlFormatter.Format(new Rx.ThriftStreams.Compiler.Text.IdlText("a.thrift", text), out _);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 150L << 20);
    }

    private static long Allocated(string text)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Idl.Bind(text);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
