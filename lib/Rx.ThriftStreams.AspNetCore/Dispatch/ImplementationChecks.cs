using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Finds dependencies of implementations and middleware that are not registered, before a call does.</summary>
internal static class ImplementationChecks
{
    /// <exception cref="InvalidOperationException">A class cannot be made; the text names what is missing.</exception>
    internal static void Validate([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type implementation, IServiceProvider services)
    {
        if (services.GetService<IServiceProviderIsService>() is not { } known || known.IsService(implementation))
        {
            // Registered: the container checks it, if the host lets it (ValidateOnBuild).
            return;
        }

        string? missing = null;
        foreach (var constructor in implementation.GetConstructors())
        {
            missing = MissingOf(constructor, known);
            if (missing is null)
            {
                return;
            }
        }

        throw new InvalidOperationException(missing is null
            ? $"{implementation.Name} cannot be created for calls: it has no public constructor. Register it as a service."
            : $"{implementation.Name} cannot be created for calls: its constructor needs {missing}, which is not registered. Add it to the services of the host.");
    }

    private static string? MissingOf(ConstructorInfo constructor, IServiceProviderIsService known)
    {
        foreach (var parameter in constructor.GetParameters())
        {
            var isKnown = parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed
                ? (known as IServiceProviderIsKeyedService)?.IsKeyedService(parameter.ParameterType, keyed.Key) != false
                : known.IsService(parameter.ParameterType);
            if (!isKnown && !parameter.HasDefaultValue)
            {
                return $"{parameter.ParameterType.Name} {parameter.Name}";
            }
        }

        return null;
    }
}
