using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Rx.ThriftStreams.AspNetCore.Dispatch;

/// <summary>Resolves or creates instances of a class for a call: from its scope if it is registered there, otherwise a new one that is disposed with the scope.</summary>
internal static class ServiceFactory
{
    internal static Func<IServiceProvider, T> Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>()
        where T : class
    {
        var create = ActivatorUtilities.CreateFactory<T>(Type.EmptyTypes);
        return services => services.GetService<T>() ?? services.GetRequiredService<ScopedInstances>().Add(create(services, null));
    }
}
