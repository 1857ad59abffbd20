// Writes the PublicAPI.Unshipped.txt of each library anew, from the analyzer's reports: what is public and not in PublicAPI.Shipped.txt.
// usage: dotnet run .ci/public-api.cs   (in the repository's root; look at the diff before you commit it)
using System.Diagnostics;
using System.Text.Json;

var libraries = Directory.EnumerateFiles("lib", "PublicAPI.Unshipped.txt", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
foreach (var file in libraries)
{
    File.WriteAllText(file, "#nullable enable\n");
}

foreach (var file in libraries)
{
    var directory = Path.GetDirectoryName(file)!;
    var log = Path.Combine(directory, "obj", "public-api.sarif");
    File.Delete(log);
    using (var build = Process.Start("dotnet", ["build", directory, "-p:RefreshPublicApi=true", "-p:RunAnalyzers=true", "-v", "q", "--no-incremental", "-clp:ErrorsOnly"]))
    {
        build.WaitForExit();
        if (build.ExitCode != 0)
        {
            return build.ExitCode;
        }
    }

    using var report = JsonDocument.Parse(File.ReadAllText(log));
    var names = report.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray()
        .Where(result => result.GetProperty("ruleId").GetString() == "RS0016")
        .Select(result => result.GetProperty("properties").GetProperty("customProperties").GetProperty("APIName").GetString()!)
        .Distinct()
        .Order(StringComparer.Ordinal)
        .ToList();
    File.WriteAllText(file, string.Join('\n', ["#nullable enable", .. names, ""]));
    Console.WriteLine($"{file}: {names.Count} members");
}

return 0;
