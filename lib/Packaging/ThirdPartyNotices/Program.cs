// Writes the notices of the packages whose assemblies a package contains: a list, and the licences and notices in full.
// usage: ThirdPartyNotices OUTPUT NAME FOLDER..., with the folders of the extracted packages
using System.Text;
using ThirdPartyNotices;

var packages = args.Skip(2).Distinct(StringComparer.Ordinal).Select(BundledPackage.Read).OrderBy(static p => p.Id, StringComparer.OrdinalIgnoreCase).ToList();

var text = new StringBuilder($"""
    {args[1]} is licensed under the Apache License, Version 2.0.
    It contains assemblies of the following packages, which are unchanged and have licences of their own.
    """).Append('\n');
foreach (var package in packages)
{
    text.Append(FormattableString.Invariant($"\n{package.Id} {package.Version}\n  Licence: {package.Licence}\n  {package.Copyright}\n  Project: {package.Project}\n"));
}

foreach (var licence in packages.GroupBy(static p => p.LicenceText, StringComparer.Ordinal))
{
    // The texts by name of a licence have no copyright of their own.
    var copyrights = licence.Where(static p => !p.HasOwnLicenceText).Select(static p => p.Copyright).Distinct(StringComparer.Ordinal).ToList();
    Section("Licence of", licence, string.Join('\n', [.. copyrights, .. copyrights.Count > 0 ? [""] : Array.Empty<string>(), licence.Key]));
}

foreach (var notices in packages.Where(static p => p.Notices.Length > 0).GroupBy(static p => p.Notices, StringComparer.Ordinal))
{
    Section("Notices of", notices, notices.Key);
}

Directory.CreateDirectory(Path.GetDirectoryName(args[0])!);
File.WriteAllText(args[0], text.ToString());

void Section(string title, IEnumerable<BundledPackage> of, string content)
    => text.Append('\n').Append('=', 80).Append('\n').Append(title).Append(' ').AppendJoin(", ", of.Select(static p => p.Id)).Append("\n\n").Append(content).Append('\n');
