using System.Text.Json;

namespace Rx.ThriftStreams.Packages.Tests;

/// <summary>The notebooks of the playground, as .NET Interactive and Jupyter read them.</summary>
[Trait("Category", "Package")]
public sealed class NotebookTests(PackedPackages packages)
{
    private static readonly string Folder = Path.Combine(Repository.Root, "playground", "Notebook");

    public static TheoryData<string> Notebooks => [.. Directory.EnumerateFiles(Folder, "*.dib").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>Each notebook, how many charts it shows, and lines that it prints.</summary>
    public static TheoryData<string, int, string[]> Outputs => new()
    {
        { "first-stream", 0, ["Messages of a Thrift service come one by one, each when it is ready, and can be awaited, queried or observed. ", " 4 ####", "21 words awaited, 21 observed"] },
        { "linq-and-rx", 2, ["25 prices, 13 at least 105"] },
        {
            "back-pressure", 2,
            [
                "grpc: bounded: True", "ttheader: bounded: True", "Wait: completed; all received; the last number is among them",
                "Error: failed; some received; the last number is not among them",
            ]
        },
        { "balancing", 2, ["RoundRobin: A 100, B 200, C 300", "Interleaved: A 100, B 200, C 300", "keys of A and B that moved: 0"] },
        { "failures", 2, ["Receive timeout after 4 messages", "1 2 3 4 5 6 7 8 9 10 11 12", "3 failed to connect, then the breaker opened; 5 answered after it closed"] },
    };

    [Theory]
    [MemberData(nameof(Outputs))]
    public async Task Cells_InTheKernel_RunUnchanged(string name, int charts, string[] lines)
    {
        var clone = packages.CreateDirectory($"notebook-{name}");
        var folder = Directory.CreateDirectory(Path.Combine(clone, "playground", "Notebook")).FullName;
        foreach (var file in Directory.EnumerateFiles(Folder).Where(static file => Path.GetExtension(file) is ".dib" or ".config"))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        // What the packages depend on comes from the machine.
        await File.WriteAllTextAsync(
            Path.Combine(clone, "nuget.config"),
            $"""<configuration><packageSources><add key="machine" value="{PackedPackages.MachinePackages}" /></packageSources></configuration>""",
            TestContext.Current.CancellationToken);
        await packages.PackAsync(Path.Combine(Folder, "Support", "Playground.csproj"), "PackNotebooks=true");
        Directory.CreateSymbolicLink(Path.Combine(folder, "packages"), packages.Feed);
        await using var kernel = await NotebookKernel.StartAsync(folder, packages.ExtractedPackages);
        var printed = new List<string>();
        var displayed = new List<string>();
        foreach (var cell in (await NotebookCell.ReadAsync(Path.Combine(folder, $"{name}.dib"))).Where(static cell => cell.IsCode))
        {
            var output = await kernel.RunAsync(cell.Text);
            printed.AddRange(output.Printed.Split('\n'));
            displayed.AddRange(output.Displayed);
        }

        Assert.Superset(lines.ToHashSet(), printed.ToHashSet());
        Assert.Equal(charts, displayed.Count(static html => html.StartsWith("<svg", StringComparison.Ordinal)));
    }

    [Fact]
    public void Outputs_NameEachNotebook() => Assert.Equal(Notebooks.Select(row => row.Data).Where(name => name != "setup"), Outputs.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Notebooks))]
    public async Task JupyterNotebook_HasTheCellsOfTheDib(string name)
    {
        var cells = await NotebookCell.ReadAsync(Path.Combine(Folder, $"{name}.dib"));

        using var jupyter = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, $"{name}.ipynb"), TestContext.Current.CancellationToken));
        var converted = jupyter.RootElement.GetProperty("cells").EnumerateArray()
            .Select(static cell => new NotebookCell(cell.GetProperty("cell_type").GetString() == "code", string.Concat(cell.GetProperty("source").EnumerateArray().Select(static line => line.GetString()))));

        Assert.Equal(cells, converted);
    }

    [Theory]
    [MemberData(nameof(Notebooks))]
    public async Task Program_HasTheLinesOfTheDib(string name)
    {
        if (name == "setup")
        {
            Assert.False(File.Exists(Path.Combine(Folder, "setup.cs")), "Programs refer to the projects; setup is for kernels.");
            return;
        }

        var cells = (await NotebookCell.ReadAsync(Path.Combine(Folder, $"{name}.dib"))).Where(static cell => cell.IsCode && !cell.Text.StartsWith("#!", StringComparison.Ordinal));
        var program = await File.ReadAllLinesAsync(Path.Combine(Folder, $"{name}.cs"), TestContext.Current.CancellationToken);

        var expected = cells.SelectMany(static cell => cell.Text.Split('\n')).Where(static line => line.Length > 0 && !IsUsingOfTheFramework(line)).Order(StringComparer.Ordinal);
        var actual = program.Where(static line => line.Length > 0 && !line.StartsWith("#:", StringComparison.Ordinal) && !line.StartsWith("// The cells of", StringComparison.Ordinal));

        Assert.Equal(expected, actual.Where(static line => !IsUsingOfTheFramework(line)).Order(StringComparer.Ordinal));
    }

    // Some of them are implicit in a program.
    private static bool IsUsingOfTheFramework(string line) => line.StartsWith("using System", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=', StringComparison.Ordinal);
}
