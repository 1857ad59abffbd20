#:property PublishAot=false
#:property JsonSerializerIsReflectionEnabledByDefault=true

// Writes the Jupyter notebook and the file-based program of each .dib beside it: dotnet run convert.cs. The .dib is what one edits.
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

var directory = args.FirstOrDefault() ?? Path.GetDirectoryName(AppContext.GetData("EntryPointFilePath") as string) ?? ".";
foreach (var file in Directory.EnumerateFiles(directory, "*.dib").Order(StringComparer.Ordinal))
{
    var name = Path.GetFileNameWithoutExtension(file);
    var cells = Cell.Read(File.ReadAllLines(file));
    File.WriteAllText(Path.ChangeExtension(file, ".ipynb"), Jupyter(cells));
    if (name != "setup")
    {
        File.WriteAllText(Path.ChangeExtension(file, ".cs"), Program(name, cells));
    }
}

static string Jupyter(IReadOnlyList<Cell> cells)
{
    var notebook = new JsonObject
    {
        ["cells"] = new JsonArray([.. cells.Select((cell, index) => ToJson(cell, index))]),
        ["metadata"] = new JsonObject
        {
            ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
            ["language_info"] = new JsonObject { ["name"] = "polyglot-notebook" },
        },
        ["nbformat"] = 4,
        ["nbformat_minor"] = 5,
    };
    return notebook.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
}

static JsonNode ToJson(Cell cell, int index)
{
    var lines = cell.Text.Split('\n');
    var json = new JsonObject { ["cell_type"] = cell.IsCode ? "code" : "markdown", ["id"] = $"cell-{index}", ["metadata"] = new JsonObject() };
    if (cell.IsCode)
    {
        json["execution_count"] = null;
        json["outputs"] = new JsonArray();
    }

    json["source"] = new JsonArray([.. lines.Select((line, number) => JsonValue.Create(number == lines.Length - 1 ? line : line + "\n"))]);
    return json;
}

// Types come last in a program; the rest keeps its order. The SDK's implicit usings need no line.
static string Program(string name, IReadOnlyList<Cell> cells)
{
    var code = cells.Where(static cell => cell.IsCode && !cell.Text.StartsWith("#!", StringComparison.Ordinal)).Select(static cell => cell.Text);
    code = code.Select(static cell => string.Join('\n', cell.Split('\n').Where(static line => !Implicit.Usings.Contains(line))));
    var text = new StringBuilder()
        .Append("#:project Support/Playground.csproj\n#:property PublishAot=false\n\n")
        .Append($"// The cells of {name}.dib as a program: dotnet run {name}.cs. Written by convert.cs.\n");
    return text.AppendJoin("\n\n", code.OrderBy(static cell => cell.StartsWith("internal ", StringComparison.Ordinal))).Append('\n').ToString();
}

internal static class Implicit
{
    public static readonly HashSet<string> Usings = [.. new[] { "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading", "System.Threading.Tasks" }.Select(static name => $"using {name};")];
}

/// <summary>A cell of a .dib file.</summary>
internal sealed record Cell(bool IsCode, string Text)
{
    public static IReadOnlyList<Cell> Read(IEnumerable<string> lines)
    {
        var cells = new List<(string Kind, List<string> Lines)>();
        foreach (var line in lines)
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

        return [.. cells.Where(static cell => cell.Kind != "#!meta").Select(static cell => new Cell(cell.Kind == "#!csharp", string.Join('\n', cell.Lines).Trim()))];
    }
}
