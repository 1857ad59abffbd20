// Copies an XML documentation file without the members that users of the assembly cannot see.
// usage: PublicDocumentation ASSEMBLY DOCUMENTATION OUTPUT
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using PublicDocumentation;

using var file = File.OpenRead(args[0]);
using var assembly = new PEReader(file);
var visible = VisibleNames.Of(assembly);

var documentation = XDocument.Load(args[1], LoadOptions.PreserveWhitespace);
foreach (var member in documentation.Descendants("member").ToList())
{
    if (!visible.Contains(VisibleNames.WithoutParameters(member.Attribute("name")!.Value)))
    {
        if (member.PreviousNode is XText space)
        {
            space.Remove();
        }

        member.Remove();
    }
}

Directory.CreateDirectory(Path.GetDirectoryName(args[2])!);
documentation.Save(args[2], SaveOptions.DisableFormatting);
