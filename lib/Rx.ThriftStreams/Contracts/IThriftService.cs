using System.ComponentModel;
namespace Rx.ThriftStreams.Contracts;

/// <summary>The base of every generated service interface. It is generic over itself so that one class can implement several services.</summary>
/// <typeparam name="TSelf">The service interface.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IThriftService<TSelf>
    where TSelf : class, IThriftService<TSelf>
{
    /// <summary>The service's name and methods, with a delegate for each; nothing is found by reflection.</summary>
    static abstract ThriftServiceDescriptor<TSelf> Descriptor { get; }
}
