using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.AspNetCore.Access;

/// <summary>The attributes of the class that implements a service, which become metadata of the endpoints of its methods.</summary>
internal static class ServiceAttributes
{
    /// <summary>What implementations keep when an application is trimmed, so that no attribute is lost.</summary>
    internal const DynamicallyAccessedMemberTypes Needed = DynamicallyAccessedMemberTypes.AllMethods;

    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The attributes of the class, and after them those of the method; in both, those of base classes come first.</summary>
    /// <param name="implementation">The class.</param>
    /// <param name="method">The method as the IDL names it.</param>
    internal static object[] Of([DynamicallyAccessedMembers(Needed)] Type implementation, ThriftMethod method)
        => [.. implementation.GetCustomAttributes(inherit: true), .. OfMethod(implementation, method)];

    private static List<object> OfMethod([DynamicallyAccessedMembers(Needed)] Type implementation, ThriftMethod method)
    {
        // A base class may implement the interface explicitly, by methods that derived classes do not show.
        List<object> attributes = implementation.BaseType is { } parent ? OfMethod(parent, method) : [];
        foreach (var candidate in implementation.GetMethods(Declared))
        {
            if (Implements(candidate, method))
            {
                attributes.AddRange(candidate.GetCustomAttributes(inherit: false));
            }
        }

        return attributes;
    }

    /// <summary>
    /// By its name, also where the interface is implemented explicitly, and by its last parameter. Overloads of the class's own would count as well: too many
    /// attributes are better than too few where they protect.
    /// </summary>
    private static bool Implements(MethodInfo candidate, ThriftMethod method)
    {
        var name = candidate.Name.AsSpan()[(candidate.Name.LastIndexOf('.') + 1)..];
        return name.SequenceEqual(method.MemberName)
            && candidate.GetParameters() is [.., { ParameterType: var last }] parameters
            && last == typeof(CancellationToken)
            && !parameters.Any(static parameter => parameter.ParameterType == typeof(ThriftCallOptions));
    }
}
