using Rx.ThriftStreams.Contracts;

namespace Rx.ThriftStreams.Tests.Clients;

/// <summary>A service of another IDL file with the name of <see cref="Demo.Echo.ITestService"/>.</summary>
internal interface INamesake : IThriftService<INamesake>, IThriftClientFactory<INamesake>
{
    static ThriftServiceDescriptor<INamesake> IThriftService<INamesake>.Descriptor { get; } = new("other", "TestService", static _ => { });

    static INamesake IThriftClientFactory<INamesake>.CreateClient(ThriftChannel channel, ThriftCallOptions? options) => throw new NotSupportedException();
}
