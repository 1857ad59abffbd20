namespace Rx.ThriftStreams.Tests.Reactive.Marbles;

public sealed class MarbleTests
{
    [Theory]
    [InlineData("a-b-|")]
    [InlineData("--a#")]
    [InlineData("(ab)-(c|)")]
    [InlineData("")]
    public void Format_OfWhatWasParsed_IsTheDiagram(string diagram) => Assert.Equal(diagram, Marble.Format(Marble.Parse(diagram)));

    [Fact]
    public void Parse_Frames_CountCharactersAndGroups()
        => Assert.Equal([new Marble(0, 'a'), new Marble(2, 'b'), new Marble(2, 'c'), new Marble(3, '|')], Marble.Parse("a-(bc)|"));

    [Theory]
    [InlineData("a b")]
    [InlineData("a)")]
    [InlineData("((a))")]
    public void Parse_Nonsense_IsRefused(string diagram) => Assert.Throws<FormatException>(() => Marble.Parse(diagram));
}
