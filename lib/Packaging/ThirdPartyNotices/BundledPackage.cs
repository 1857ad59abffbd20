using System.Xml.Linq;

namespace ThirdPartyNotices;

/// <summary>A package of which another one contains assemblies, described by its <c>.nuspec</c> and the files beside it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Licence">The name of its licence in SPDX, or the address of its text.</param>
/// <param name="Copyright">Its copyright notice, or who wrote it.</param>
/// <param name="Project">The address of its project.</param>
/// <param name="LicenceText">The licence: the file of the package, or ours of the package's or the licence's name.</param>
/// <param name="HasOwnLicenceText">Whether the text is of this package alone, with its copyright notice.</param>
/// <param name="Notices">The notices that come with the package, about what it contains itself; empty if there are none.</param>
internal sealed record BundledPackage(
    string Id, string Version, string Licence, string Copyright, string Project, string LicenceText, bool HasOwnLicenceText, string Notices)
{
    /// <param name="folder">The folder that the package was extracted to.</param>
    /// <exception cref="InvalidOperationException">The package names no licence, or one whose text is not in <c>Licences</c>.</exception>
    public static BundledPackage Read(string folder)
    {
        var metadata = XDocument.Load(Directory.EnumerateFiles(folder, "*.nuspec").Single()).Root!.Elements().Single(static e => e.Name.LocalName == "metadata");
        string? Value(string name) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim() is { Length: > 0 } value ? value : null;

        var id = Value("id")!;
        var licence = Value("license") ?? Value("licenseUrl") ?? throw new InvalidOperationException($"The package {id} names no licence.");
        var project = Value("projectUrl") ?? throw new InvalidOperationException($"The package {id} names no address of its project.");
        var copyright = Value("copyright") ?? Value("authors")!;
        copyright = copyright.StartsWith("Copyright", StringComparison.OrdinalIgnoreCase) ? copyright : $"Copyright {copyright}";
        var own = FileOf(folder, "LICENSE") ?? TextOf(id);
        var text = own ?? TextOf(licence)
            ?? throw new InvalidOperationException($"The licence of the package {id} is {licence}, whose text is unknown: add Licences/{licence}.txt, or Licences/{id}.txt for this package.");
        return new BundledPackage(id, Value("version")!, licence, copyright, project, text, own is not null, FileOf(folder, "THIRD-PARTY-NOTICES") ?? "");
    }

    private static string? FileOf(string folder, string name)
        => Directory.EnumerateFiles(folder).FirstOrDefault(f => string.Equals(Path.GetFileNameWithoutExtension(f), name, StringComparison.OrdinalIgnoreCase)) is { } file ? ReadText(file) : null;

    private static string? TextOf(string name)
        => Path.Combine(AppContext.BaseDirectory, "Licences", $"{name}.txt") is var file && File.Exists(file) ? ReadText(file) : null;

    private static string ReadText(string file) => File.ReadAllText(file).ReplaceLineEndings("\n").Trim('\n');
}
