using System.ComponentModel;

namespace Rx.ThriftStreams;

/// <summary>Creates the client of a service. Generated service interfaces extend it; it is generic over itself like <see cref="Contracts.IThriftService{TSelf}"/>.</summary>
/// <typeparam name="TSelf">The service interface.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IThriftClientFactory<TSelf>
    where TSelf : class, IThriftClientFactory<TSelf>
{
    /// <summary>Creates a client.</summary>
    /// <param name="channel">The channel of its calls.</param>
    /// <param name="options">Options that its calls inherit, over those of the channel.</param>
    static abstract TSelf CreateClient(ThriftChannel channel, ThriftCallOptions? options);
}
