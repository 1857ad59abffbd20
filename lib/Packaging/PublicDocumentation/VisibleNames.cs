using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PublicDocumentation;

/// <summary>The names, as documentation files spell them, of the types and members that are visible outside an assembly.</summary>
/// <remarks>Overloads share a name: an internal overload of a public method keeps its documentation.</remarks>
internal static class VisibleNames
{
    public static HashSet<string> Of(PEReader assembly)
    {
        var reader = assembly.GetMetadataReader();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var handle in reader.TypeDefinitions)
        {
            var type = reader.GetTypeDefinition(handle);
            if (IsVisible(reader, type))
            {
                var name = FullName(reader, type);
                names.Add($"T:{name}");
                AddMembers(reader, type, name, names);
            }
        }

        return names;
    }

    public static string WithoutParameters(string id)
    {
        var end = id.IndexOfAny(['(', '~']);
        return end < 0 ? id : id[..end];
    }

    private static void AddMembers(MetadataReader reader, TypeDefinition type, string typeName, HashSet<string> names)
    {
        var methods = type.GetMethods().Where(h => IsVisible(reader.GetMethodDefinition(h).Attributes)).ToHashSet();
        foreach (var handle in methods)
        {
            var method = reader.GetMethodDefinition(handle);
            var arity = method.GetGenericParameters().Count;
            names.Add($"M:{typeName}.{Escape(reader.GetString(method.Name))}{(arity == 0 ? "" : $"``{arity}")}");
        }

        foreach (var handle in type.GetFields())
        {
            var field = reader.GetFieldDefinition(handle);
            if (IsVisible((MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask)))
            {
                names.Add($"F:{typeName}.{Escape(reader.GetString(field.Name))}");
            }
        }

        foreach (var handle in type.GetProperties())
        {
            var property = reader.GetPropertyDefinition(handle);
            var accessors = property.GetAccessors();
            if (methods.Contains(accessors.Getter) || methods.Contains(accessors.Setter))
            {
                names.Add($"P:{typeName}.{Escape(reader.GetString(property.Name))}");
            }
        }

        foreach (var handle in type.GetEvents())
        {
            var @event = reader.GetEventDefinition(handle);
            if (methods.Contains(@event.GetAccessors().Adder))
            {
                names.Add($"E:{typeName}.{Escape(reader.GetString(@event.Name))}");
            }
        }
    }

    private static bool IsVisible(MetadataReader reader, TypeDefinition type) => (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => IsVisible(reader, reader.GetTypeDefinition(type.GetDeclaringType())),
        _ => false,
    };

    private static bool IsVisible(MethodAttributes attributes)
        => (attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static string FullName(MetadataReader reader, TypeDefinition type)
    {
        var name = reader.GetString(type.Name);
        if (type.IsNested)
        {
            return $"{FullName(reader, reader.GetTypeDefinition(type.GetDeclaringType()))}.{name}";
        }

        var ns = reader.GetString(type.Namespace);
        return ns.Length == 0 ? name : $"{ns}.{name}";
    }

    private static string Escape(string name) => name.Replace('.', '#').Replace('<', '{').Replace('>', '}').Replace(',', '@');
}
