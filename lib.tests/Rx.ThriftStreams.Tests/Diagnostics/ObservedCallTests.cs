using Demo.Echo;
using Rx.ThriftStreams.AspNetCore;

namespace Rx.ThriftStreams.Tests.Diagnostics;

/// <summary>Tests of what calls report: a server whose events are collected and a client of it, over real Kestrel.</summary>
/// <param name="scheme">The scheme of the client's address.</param>
public abstract class ObservedCallTests(string scheme) : IAsyncLifetime
{
    private protected HoldingService Service { get; } = new();

    private protected EventCollector ServerLog { get; } = new();

    private protected ThriftServer Server { get; private set; } = null!;

    private protected ThriftChannel Channel { get; private set; } = null!;

    private protected TestServiceClient Client { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        Server = await ThriftServer.StartAsync("127.0.0.1:0", services => services.AddService<ITestService>(Service));
        Server.Events.Subscribe(ServerLog);
        Channel = PatientChannel.ForAddress($"{scheme}://{Server.Endpoint}");
        Client = new TestServiceClient(Channel);
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
