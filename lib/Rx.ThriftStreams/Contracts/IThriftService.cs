using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace Rx.ThriftStreams.Contracts;

/// <summary>The base of every generated service interface. It is generic over itself so that one class can implement several services.</summary>
/// <remarks>Trimming keeps the methods of implementations, because a server reads their attributes.</remarks>
/// <typeparam name="TSelf">The service interface.</typeparam>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.AllMethods)]
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IThriftService<TSelf>
    where TSelf : class, IThriftService<TSelf>
{
    /// <summary>The service's name and methods, with a delegate for each; nothing is found by reflection.</summary>
    static abstract ThriftServiceDescriptor<TSelf> Descriptor { get; }
}
