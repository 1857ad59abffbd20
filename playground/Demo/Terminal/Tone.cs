namespace Demo.Terminal;

/// <summary>What a piece of text is, which decides its colour.</summary>
internal enum Tone
{
    Plain,
    Heading,
    Sent,
    Received,
    Good,
    Bad,
}
