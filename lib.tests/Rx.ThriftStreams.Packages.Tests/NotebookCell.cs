namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>A cell of a notebook.</summary>
internal sealed record NotebookCell(bool IsCode, string Text)
{
    /// <summary>Reads the cells of a .dib file.</summary>
    public static async Task<IReadOnlyList<NotebookCell>> ReadAsync(string path)
    {
        var cells = new List<(string Kind, List<string> Lines)>();
        foreach (var line in await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken))
        {
            if (line is "#!meta" or "#!markdown" or "#!csharp")
            {
                cells.Add((line, []));
            }
            else
            {
                cells[^1].Lines.Add(line);
            }
        }

        return [.. cells.Where(static cell => cell.Kind != "#!meta").Select(static cell => new NotebookCell(cell.Kind == "#!csharp", string.Join('\n', cell.Lines).Trim()))];
    }
}
