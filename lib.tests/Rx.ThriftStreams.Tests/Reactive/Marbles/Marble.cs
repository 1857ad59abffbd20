using System.Text;

namespace Rx.ThriftStreams.Tests.Reactive.Marbles;

/// <summary>
/// One event of a marble diagram. In a diagram each character is one frame: <c>-</c> nothing, a letter an element, <c>|</c> the end, <c>#</c> the error;
/// <c>(ab|)</c> puts several events into one frame.
/// </summary>
internal readonly record struct Marble(int Frame, char Symbol)
{
    public const char End = '|';
    public const char Error = '#';

    public static Marble[] Parse(string diagram)
    {
        var marbles = new List<Marble>();
        int frame = 0;
        bool grouped = false;
        foreach (char symbol in diagram)
        {
            switch (symbol)
            {
                case '(' when !grouped:
                    grouped = true;
                    continue;
                case ')' when grouped:
                    grouped = false;
                    break;
                case '-' when !grouped:
                    break;
                case End or Error or (>= 'a' and <= 'z'):
                    marbles.Add(new Marble(frame, symbol));
                    if (grouped)
                    {
                        continue;
                    }

                    break;
                default:
                    throw new FormatException($"'{symbol}' has no meaning there in the diagram {diagram}.");
            }

            frame++;
        }

        return [.. marbles];
    }

    public static string Format(IEnumerable<Marble> marbles)
    {
        var text = new StringBuilder();
        int frame = 0;
        foreach (IGrouping<int, Marble> group in marbles.GroupBy(m => m.Frame))
        {
            text.Append('-', group.Key - frame);
            frame = group.Key + 1;
            string symbols = string.Concat(group.Select(m => m.Symbol));
            text.Append(symbols.Length == 1 ? symbols : $"({symbols})");
        }

        return text.ToString();
    }
}

internal sealed class MarbleException() : Exception("The marble error.");
